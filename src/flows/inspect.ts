import { DomainError } from '../core/errors.ts';
import type { Link, PersonState } from '../core/identity/person.ts';
import type { Situation } from '../core/reconcile/situation.ts';
import { type Agent, type Impact, type OwnedItem, impactOf, listAgents, ownedItems } from './inspect/agents.ts';
import { type AccountBrief, type PersonBrief, loadNames, personBrief } from './inspect/brief.ts';
import { type ExplainStep, type Facts, explainSteps, whatNext } from './inspect/explain.ts';
import type { Change } from './plan-port.ts';
import type { Store, TenantStore } from './ports.ts';
import type { EntryFilter, StoredEntry } from './run-port.ts';

export type { AccountBrief, Agent, ExplainStep, Impact, OwnedItem, PersonBrief };

/** Entries, changes and people read in one go. */
const PAGE = 500;

export interface EntryView extends StoredEntry {
  readonly person: PersonBrief | null;
  readonly account: AccountBrief | null;
}

export interface ChangeView extends Change {
  readonly person: PersonBrief | null;
  readonly account: AccountBrief | null;
}

export interface PersonView extends PersonBrief {
  readonly createdAt: string;
  readonly records: Pick<PersonState, 'idp' | 'hr' | 'duplicates'>;
  readonly links: readonly Link[];
}

export interface Explanation {
  readonly person: PersonView;
  readonly runId: string | null;
  readonly runAt: string | null;
  readonly situation: Situation | null;
  readonly steps: readonly ExplainStep[];
  readonly next: string;
  readonly changes: readonly ChangeView[];
}

/** Per situation: who has it now and had not before, the other way round, and who has it in both. */
export interface Comparison {
  readonly situations: Readonly<Partial<Record<Situation, { entered: number; left: number; stayed: number }>>>;
  readonly moved: readonly {
    readonly personId: string | null;
    readonly accountId: string | null;
    readonly from: Situation | null;
    readonly to: Situation | null;
  }[];
}

/** Questions about what is stored; Drift is never asked. Every method throws DomainError `not_found`. */
export interface Inspect {
  entries(
    tenantId: string,
    runId: string,
    filter: EntryFilter,
    after: number,
    limit: number,
  ): Promise<readonly EntryView[]>;
  compare(tenantId: string, runId: string, earlierRunId: string): Promise<Comparison>;
  changes(
    tenantId: string,
    planId: string,
    query: Parameters<TenantStore['plans']['changes']>[1],
  ): Promise<readonly ChangeView[]>;
  people(tenantId: string, after: string | null, limit: number): Promise<readonly PersonView[]>;
  person(tenantId: string, personId: string): Promise<PersonView>;
  explain(tenantId: string, personId: string): Promise<Explanation>;
  agents(tenantId: string): Promise<readonly Agent[]>;
  impact(tenantId: string, agentId: string): Promise<Impact>;
  owned(tenantId: string, agentId: string): Promise<readonly OwnedItem[]>;
}

export function createInspect(ports: { readonly store: Store }): Inspect {
  const of = (tenantId: string): TenantStore => ports.store.tenant(tenantId);

  async function named(store: TenantStore, changes: readonly Change[]): Promise<readonly ChangeView[]> {
    const names = await loadNames(
      store,
      changes.flatMap(({ draft }) => draft.personId ?? []),
      changes.flatMap(({ draft, outcome }) => draft.accountId ?? outcome?.accountId ?? []),
    );
    return changes.map((change) => ({
      ...change,
      person: names.person(change.draft.personId),
      account: names.account(change.draft.accountId ?? change.outcome?.accountId),
    }));
  }

  async function facts(store: TenantStore, personId: string): Promise<Facts> {
    const person = await store.people.person(personId);
    if (person === null) throw new DomainError('not_found', 'No such person.');
    const latest = await store.runs.latestEntry(person.id);
    const run = latest === null ? null : await store.runs.get(latest.runId);
    const changes: Change[] = [];
    for (const id of latest?.entry.changes ?? []) {
      const change = await store.plans.change(id);
      if (change !== null) changes.push(change);
    }
    return { person, latest: latest === null ? null : { run, entry: latest.entry }, changes };
  }

  return {
    async entries(tenantId, runId, filter, after, limit) {
      const store = of(tenantId);
      const found = await store.runs.entries(runId, filter, after, limit);
      const names = await loadNames(
        store,
        found.flatMap(({ entry }) => entry.personId ?? []),
        found.flatMap(({ entry }) => entry.accountId ?? []),
      );
      return found.map((stored) => ({
        ...stored,
        person: names.person(stored.entry.personId),
        account: names.account(stored.entry.accountId),
      }));
    },

    async compare(tenantId, runId, earlierRunId) {
      const store = of(tenantId);
      for (const id of [runId, earlierRunId]) {
        if ((await store.runs.get(id)) === null) throw new DomainError('not_found', `No such run: run_${id}.`);
      }
      return comparison(await situations(store, earlierRunId), await situations(store, runId));
    },

    async changes(tenantId, planId, query) {
      const store = of(tenantId);
      return named(store, await store.plans.changes(planId, query));
    },

    async people(tenantId, after, limit) {
      return (await of(tenantId).people.list(after, limit)).map(toView);
    },

    async person(tenantId, personId) {
      return toView((await facts(of(tenantId), personId)).person);
    },

    async explain(tenantId, personId) {
      const store = of(tenantId);
      const known = await facts(store, personId);
      const { latest } = known;
      return {
        person: toView(known.person),
        runId: latest?.run?.id ?? null,
        runAt: latest?.run?.startedAt ?? latest?.run?.createdAt ?? null,
        situation: latest?.entry.entry.situation ?? null,
        steps: explainSteps(known),
        next: whatNext(known),
        changes: await named(store, known.changes),
      };
    },

    agents: (tenantId) => listAgents(of(tenantId)),

    async impact(tenantId, agentId) {
      const impact = await impactOf(of(tenantId), agentId);
      if (impact === null) throw new DomainError('not_found', 'No such agent in the latest snapshot of Drift.');
      return impact;
    },

    async owned(tenantId, agentId) {
      const items = await ownedItems(of(tenantId), agentId);
      if (items === null) throw new DomainError('not_found', 'No such agent.');
      return items;
    },
  };
}

function toView({ state, createdAt, links }: Facts['person']): PersonView {
  const { idp, hr, duplicates } = state;
  return {
    ...personBrief(state),
    createdAt,
    records: { ...(idp === undefined ? {} : { idp }), ...(hr === undefined ? {} : { hr }), duplicates },
    links,
  };
}

interface Where {
  readonly personId: string | null;
  readonly accountId: string | null;
  readonly situation: Situation;
}

async function situations(store: TenantStore, runId: string): Promise<ReadonlyMap<string, Where>> {
  const all = new Map<string, Where>();
  let after = 0;
  for (;;) {
    const page = await store.runs.entries(runId, {}, after, PAGE);
    for (const { n, entry } of page) {
      const { personId = null, accountId = null, situation } = entry;
      all.set(personId ?? `account:${accountId ?? ''}`, { personId, accountId, situation });
      after = n;
    }
    if (page.length < PAGE) return all;
  }
}

function comparison(before: ReadonlyMap<string, Where>, now: ReadonlyMap<string, Where>): Comparison {
  const counts: Partial<Record<Situation, { entered: number; left: number; stayed: number }>> = {};
  const moved: Comparison['moved'][number][] = [];
  const count = (situation: Situation, what: 'entered' | 'left' | 'stayed'): void => {
    counts[situation] ??= { entered: 0, left: 0, stayed: 0 };
    counts[situation][what] += 1;
  };
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    const from = before.get(key);
    const to = now.get(key);
    if (from !== undefined && from.situation === to?.situation) {
      count(from.situation, 'stayed');
      continue;
    }
    if (from !== undefined) count(from.situation, 'left');
    if (to !== undefined) count(to.situation, 'entered');
    moved.push({
      personId: to?.personId ?? from?.personId ?? null,
      accountId: to?.accountId ?? from?.accountId ?? null,
      from: from?.situation ?? null,
      to: to?.situation ?? null,
    });
  }
  return { situations: counts, moved };
}
