import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PersonState } from '../../../src/core/identity/person.ts';
import { createProtection } from '../../../src/core/identity/protection.ts';
import { canonicalText } from '../../../src/core/reconcile/canonical.ts';
import { type ReconcileInput, reconcile } from '../../../src/core/reconcile/reconcile.ts';
import { SITUATIONS } from '../../../src/core/reconcile/situation.ts';
import { daysBefore, idp, person, seats, without } from '../builders.ts';
import { lawful } from '../lawful.ts';
import { worlds } from '../worlds.ts';

function personOf(input: ReconcileInput, id: string | undefined): PersonState {
  const found = input.persons.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no person ${String(id)}`);
  return found;
}

const law = (name: string, check: (input: ReconcileInput) => void): void =>
  lawful(name, () => fc.property(worlds, check));

describe('in any world', () => {
  law('the situations add up to persons in scope plus unlinked accounts', (input) => {
    const result = reconcile(input);
    const linked = new Set(input.links.map(({ accountId }) => accountId));
    const expected = input.persons.length + input.accounts.filter(({ id }) => !linked.has(id)).length;
    expect(result.population).toBe(expected);
    expect(result.entries).toHaveLength(expected);
    expect(Object.values(result.situations).reduce((sum, n) => sum + n, 0)).toBe(expected);
    expect(SITUATIONS).toEqual(expect.arrayContaining(Object.keys(result.situations)));
  });

  law('no change touches a protected account, and none makes anybody OWNER', (input) => {
    const protect = createProtection(input.policy.protected);
    const untouchable = new Set(input.accounts.filter((one) => protect(one) !== null).map(({ id }) => id));
    for (const change of reconcile(input).changes) {
      expect(untouchable.has(change.accountId ?? '')).toBe(false);
      expect(change.after.role?.toUpperCase()).not.toBe('OWNER');
    }
  });

  law('nobody is removed without a due statement of a source that votes', (input) => {
    const votes = (source: string): boolean => input.sources.find((one) => one.source === source)?.votes === true;
    const result = reconcile(input);
    for (const change of result.changes) {
      if (change.op !== 'deprovision' && change.op !== 'handover') continue;
      const { idp, hr } = personOf(input, change.personId);
      const entry = result.entries.find(({ personId }) => personId === change.personId);
      expect(entry).toMatchObject({ situation: 'OUT_OF_SCOPE', lifecycle: { expected: 'absent' } });
      expect((entry?.lifecycle.dueAt ?? '~') <= input.now).toBe(true);
      const byIdp = idp !== undefined && idp.state !== 'active' && votes('idp');
      const byHr =
        input.hrFeed &&
        hr !== undefined &&
        votes(`hr:${hr.feed}`) &&
        (hr.record.status === 'ended' ||
          hr.record.status === 'rescinded' ||
          (hr.record.end ?? '~') <= input.now.slice(0, 10) ||
          (hr.state === 'vanished' && hr.missingFiles >= input.policy.leavers.vanishedFiles));
      expect(byIdp || byHr).toBe(true);
      expect(hr?.state).not.toBe('quarantined');
    }
  });

  law('a source that falls silent never makes a leaver', (input) => {
    const silent = reconcile({ ...input, sources: input.sources.map(({ source }) => ({ source, votes: false })) });
    for (const change of silent.changes) expect(['handover', 'deprovision', 'create']).not.toContain(change.op);
    for (const { lifecycle } of silent.entries) expect(lifecycle.dueAt).toBeUndefined();
  });

  law('nobody with a link or a tombstone, and no taken name, is created', (input) => {
    const created: string[] = [];
    for (const change of reconcile(input).changes) {
      if (change.op !== 'create') continue;
      const userName = change.after.userName?.toLowerCase() ?? '';
      expect(input.links.some(({ personId }) => personId === change.personId)).toBe(false);
      expect(input.tombstones.some(({ personId }) => personId === change.personId)).toBe(false);
      expect(input.tombstones.some(({ userNameHash }) => userNameHash === `keyed:${userName}`)).toBe(false);
      expect(input.accounts.some(({ values }) => values.userName?.toLowerCase() === userName)).toBe(false);
      expect(personOf(input, change.personId).idp?.state).toBe('active');
      created.push(userName);
    }
    expect(new Set(created).size).toBe(created.length);
  });

  law('a gate that trips is on every change of its class, and none is on any other', (input) => {
    const { gates, changes } = reconcile(input);
    for (const gate of gates) {
      expect(gate.value).toBeGreaterThan(gate.limit);
      expect(gate.committed).toBe(0);
      expect(gate.who.length).toBeLessThanOrEqual(20);
      const held = changes.filter(({ op, gates: codes }) => op === gate.op && codes.includes(gate.code));
      expect(held).toHaveLength(gate.held);
      if (gate.code === 'privileged' || gate.code === 'missing_from_feed') continue;
      expect(gate.held).toBe(changes.filter(({ op }) => op === gate.op).length);
    }
    const codes = new Set(gates.map(({ code }) => code));
    for (const change of changes) expect(change.gates.every((code) => codes.has(code))).toBe(true);
  });

  law('one account has at most one change of a kind, every removal of an owner its handover', (input) => {
    const { changes } = reconcile(input);
    const keys = changes.map(({ op, accountId, personId }) => `${op} ${accountId ?? personId ?? ''}`);
    expect(new Set(keys).size).toBe(keys.length);
    const leaving = new Set(changes.filter(({ op }) => op === 'deprovision').map(({ accountId }) => accountId));
    for (const change of changes) {
      if (change.op === 'handover') expect(leaving.has(change.handover?.to)).toBe(false);
      if (change.op !== 'deprovision') continue;
      const owns = input.owned.get(change.accountId ?? '');
      const handed = changes.some(({ op, accountId }) => op === 'handover' && accountId === change.accountId);
      expect(handed).toBe((owns?.accounts ?? 0) + (owns?.contacts ?? 0) > 0);
    }
  });

  law('a link rests on an address in a verified domain, and takes neither side twice', (input) => {
    const links = reconcile(input).changes.filter(({ op }) => op === 'link');
    expect(new Set(links.map(({ personId }) => personId)).size).toBe(links.length);
    for (const { personId, accountId, evidence } of links) {
      expect(evidence.find((one) => one.accountId === accountId)).toMatchObject({ rule: 'email_verified' });
      expect(evidence.find((one) => one.accountId === accountId)?.confidence).toBeGreaterThanOrEqual(0.95);
      expect(input.links.some((one) => one.personId === personId || one.accountId === accountId)).toBe(false);
      expect(input.cannotLinks.some((one) => one.personId === personId && one.accountId === accountId)).toBe(false);
    }
  });

  law('the same input gives the same plan, and scope only narrows it', (input) => {
    const result = reconcile(input);
    expect(canonicalText(reconcile(input).changes)).toBe(canonicalText(result.changes));
    const only = input.persons.slice(0, 3).map(({ id }) => id);
    const scoped = reconcile({ ...input, only });
    expect(scoped.population).toBe(only.length);
    expect(scoped.entries.map(({ situation }) => situation)).toEqual(
      result.entries.slice(0, only.length).map(({ situation }) => situation),
    );
    const bare = (changes: typeof result.changes): unknown => changes.map((change) => without(change, 'gates'));
    expect(bare(scoped.changes)).toEqual(bare(result.changes.filter(({ personId }) => only.includes(personId ?? ''))));
  });
});

it('meets most situations in the generated worlds', () => {
  const seen = new Set<string>();
  for (const input of fc.sample(worlds, { numRuns: 800, seed: 20260302 })) {
    for (const situation of Object.keys(reconcile(input).situations)) seen.add(situation);
  }
  const unseen = SITUATIONS.filter((situation) => !seen.has(situation));
  // REHIRE needs the employment before this one, which a person does not keep yet.
  expect(unseen).toEqual(['REHIRE']);
});

it('compares 100,000 people with 5,000 seats in seconds', () => {
  const base = seats(5_000);
  const rest = Array.from({ length: 95_000 }, (_, index) =>
    person(index + 5_001, { idp: idp(index + 5_001, { state: 'inactive', since: daysBefore(9) }) }),
  );
  const input = { ...base, persons: [...base.persons, ...rest] };
  // Processor time: this machine serves others too.
  const started = process.cpuUsage();
  const result = reconcile(input);
  const { user } = process.cpuUsage(started);
  expect(result.situations).toEqual({ IN_SYNC: 5_000, NOT_REQUIRED: 95_000 });
  expect(user / 1000).toBeLessThan(6_000);
});
