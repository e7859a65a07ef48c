import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { type FuzzReport, runFuzz } from '../support/fuzz-run.ts';
import { type PatchFuzz, type PatchSubject, REAL_PATCHES, createPatchFuzz } from '../support/patch-fuzz.ts';

/** A slice of `npm run campaign:fuzz-patch`. */
const SEED = 7644;
const INPUTS = 2500;

describe(`${INPUTS} PATCH bodies of seed ${SEED}`, () => {
  let fuzz: PatchFuzz;
  let report: FuzzReport;

  beforeAll(async () => {
    fuzz = await createPatchFuzz(REAL_PATCHES, { seed: SEED, httpEvery: 50 });
    report = await runFuzz(fuzz, { seed: SEED, inputs: INPUTS });
  });
  afterAll(() => fuzz.close());

  it('make documents of the schema or are refused whole, in no time, and leave no mark', () => {
    expect(report.findings).toEqual([]);
    expect(report.inputs).toBe(INPUTS);
  });

  it('are of every kind, valid ones and hostile ones', () => {
    expect(report.kinds.size).toBe(12);
    for (const kind of ['validOne', 'validSeveral', 'validPathless']) {
      const valid = report.kinds.get(kind);
      expect(valid?.taken).toBe(valid?.inputs);
    }
    expect(fuzz.sampled.twice).toBeGreaterThan(300);
    expect([...fuzz.sampled.http.keys()].sort()).toEqual([200, 204, 400]);
  });
});

describe('a mistake is found', () => {
  const { applyPatch } = REAL_PATCHES;

  /** What the real engine makes, changed. */
  const makes =
    (change: (document: Record<string, unknown>) => Record<string, unknown>): PatchSubject['applyPatch'] =>
    (...given) => {
      const { document, members } = applyPatch(...given);
      return { document: change({ ...document }), members };
    };

  it.each<readonly [string, PatchSubject['applyPatch'], RegExp]>([
    [
      'a document that is changed in place',
      (definition, id, before, ...rest) => {
        Object.assign(before, { title: 'planted' });
        return applyPatch(definition, id, before, ...rest);
      },
      /^crashes: TypeError/,
    ],
    [
      'an attribute that no schema has',
      makes((document) => ({ ...document, mailNickname: 'x' })),
      /mailNickname is in no schema/,
    ],
    [
      'a key of a prototype',
      makes((document) => Object.defineProperty(document, '__proto__', { value: {}, enumerable: true })),
      /__proto__ is in no schema/,
    ],
    [
      'another prototype',
      makes((document) => Object.assign(Object.create({ polluted: 1 }) as Record<string, unknown>, document)),
      /is no plain object/,
    ],
    [
      'two primary values',
      makes((document) => ({
        ...document,
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      })),
      /emails has 2 primaries/,
    ],
    [
      'a change that grows each time',
      makes((document) => ({ ...document, displayName: `${JSON.stringify(document['displayName'] ?? '')}x` })),
      /and done again/,
    ],
    [
      'a valid body that is refused',
      () => {
        throw new DomainError('scim.invalid_value', 'planted');
      },
      /^is refused: planted/,
    ],
  ])('%s', async (_name, planted, problem) => {
    const fuzz = await createPatchFuzz({ applyPatch: planted }, { seed: 1, httpEvery: 10_000 });
    const report = await runFuzz(fuzz, { seed: 1, inputs: 1000, most: 3 });
    await fuzz.close();
    expect(report.findings.map((finding) => finding.problem)).toContainEqual(expect.stringMatching(problem));
  });
});
