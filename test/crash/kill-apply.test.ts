import { describe, expect, it } from '@jest/globals';
import { storeKinds } from '../support/bridge-process.ts';
import { killRound } from '../support/kill-round.ts';

/** Five points here; `npm run campaign:kill` does twenty a database. The seed names the moments of both kills. */
const SEEDS = { sqlite: [101, 102, 103], postgres: [201, 202] } as const;

for (const kind of storeKinds()) {
  describe(`kill -9 in the middle of apply, on ${kind}`, () => {
    it.each(SEEDS[kind])(
      'seed %i: no acknowledged write is lost, nobody gets two seats, the leaver is deleted once',
      async (seed) => {
        expect(await killRound(kind, seed)).toEqual({
          seed,
          kills: 2,
          lost: [],
          twice: [],
          missing: [],
          inTime: 2,
          deletes: 1,
          deleteCalls: 1,
          stillOwned: 0,
          deactivations: 0,
          auditOk: true,
          leaving: ['handover verified done', 'deprovision verified done'],
        });
      },
      120_000,
    );
  });
}
