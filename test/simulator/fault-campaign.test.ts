import { expect, it } from '@jest/globals';

import { type FaultKind, faultRuleSchema, preventsEffect } from '../../src/simulator/faults.ts';
import { at, type Caller, handClock, withSimulator } from './calling.ts';

// Each of them by chance, and each where a campaign wants it: before or after the effect, or in the answer alone.
const KINDS: readonly FaultKind[] = [
  ...(['status', 'html', 'empty', 'contact-401', 'contact-error', 'cut-before', 'cut-after', 'cut-body'] as const),
  ...(['truncate', 'slow-first-byte', 'slow-body', 'hang', 'duplicate', 'huge', 'wrong-org'] as const),
];
const CALLS = 400;
const SEED = 20_260;

type Seen = 'created' | 'refused' | 'unreadable' | 'lost';

async function create(call: Caller, n: number): Promise<Seen> {
  try {
    const body = { userName: `p${n}@example.com`, displayName: `P ${n}` };
    const { status, json } = await call('POST', '/scim/Users', body);
    if (status === 201) return typeof at(json, 'id') === 'string' ? 'created' : 'unreadable';
    return 'refused';
  } catch {
    return 'lost';
  }
}

/** What a client may see of a call under each fault. */
const SEEN: Readonly<Record<FaultKind, Seen>> = {
  status: 'refused',
  html: 'refused',
  empty: 'refused',
  'contact-401': 'refused',
  'contact-error': 'refused',
  'cut-before': 'lost',
  'cut-after': 'lost',
  'cut-body': 'lost',
  truncate: 'unreadable',
  'slow-first-byte': 'created',
  'slow-body': 'created',
  hang: 'lost',
  duplicate: 'created',
  huge: 'created',
  'wrong-org': 'created',
};

async function campaign() {
  let told: { readonly seen: readonly Seen[]; readonly journal: readonly unknown[] } | undefined;
  await withSimulator(
    { settings: { ratePerMinute: 0 }, seed: SEED, clock: handClock().now },
    async ({ simulator, call }) => {
      for (const [index, kind] of KINDS.entries()) {
        const rule = { kind, method: 'POST', path: '/scim/Users', probability: 0.05, seed: SEED + index };
        simulator.fault({ ...rule, delayMs: 5, bytes: 100_000 });
      }
      const seen: Seen[] = [];
      // One after the other, so that the draws of chance come in the same order.
      for (let n = 0; n < CALLS; n += 1) seen.push(await create(call, n));
      const journal = simulator.journal();
      const created = new Set(simulator.state().users.map(({ id }) => String(id)));
      const struck = new Set<FaultKind>();
      for (const [n, { faulted, effect, status }] of journal.entries()) {
        const prevented = faulted !== undefined && preventsEffect(faultRuleSchema.parse({ kind: faulted }));
        expect({ n, faulted, effect: effect !== null }).toEqual({ n, faulted, effect: !prevented });
        expect(effect === null || created.has(effect.id)).toBe(true);
        expect({ n, faulted, seen: seen[n] }).toEqual({
          n,
          faulted,
          seen: faulted === undefined ? 'created' : SEEN[faulted],
        });
        expect(status === null).toBe(faulted === 'cut-before');
        if (faulted !== undefined) struck.add(faulted);
      }
      expect(journal).toHaveLength(CALLS);
      // Four were there before.
      expect(journal.filter(({ effect }) => effect !== null)).toHaveLength(created.size - 4);
      // No SCIM answer names the organisation: nothing to get wrong, and so no fault.
      expect(struck).toEqual(new Set(KINDS.filter((kind) => kind !== 'wrong-org')));
      const { faults } = simulator.counts();
      const counted = KINDS.map((kind) => journal.filter(({ faulted }) => faulted === kind).length);
      expect(KINDS.map((kind) => faults[kind] ?? 0)).toEqual(counted);
      told = { seen, journal };
    },
  );
  return told;
}

it(`the journal says of every call which fault struck it and whether it took effect (seed ${SEED})`, async () => {
  const first = await campaign();
  expect(JSON.stringify(await campaign())).toBe(JSON.stringify(first));
});
