import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { type FilterFuzz, type FilterSubject, REAL_FILTERS, createFilterFuzz } from '../support/filter-fuzz.ts';
import { type FuzzReport, SLOW_MS, runFuzz, startTimer } from '../support/fuzz-run.ts';

/** A slice of `npm run campaign:fuzz-filter`. */
const SEED = 7644;
const INPUTS = 2500;

describe(`${INPUTS} filters of seed ${SEED}`, () => {
  let fuzz: FilterFuzz;
  let report: FuzzReport;

  beforeAll(async () => {
    fuzz = await createFilterFuzz(REAL_FILTERS, { seed: SEED, sqlEvery: 20, httpEvery: 200 });
    report = await runFuzz(fuzz, { seed: SEED, inputs: INPUTS });
  });
  afterAll(() => fuzz.close());

  it('are parsed or refused as the client’s mistake, in no time, and leave no mark', () => {
    expect(report.findings).toEqual([]);
    expect(report.inputs).toBe(INPUTS);
    expect([...report.refused.keys()]).toEqual(['scim.invalid_filter']);
  });

  it('are of every kind, valid ones and hostile ones', () => {
    expect(report.kinds.size).toBe(16);
    const valid = report.kinds.get('valid');
    expect(valid?.taken).toBe(valid?.inputs);
    expect(report.kinds.get('prototypes')?.taken).toBe(0);
  });

  it('find the same in SQL, in memory and by HTTP', () => {
    expect(fuzz.sampled.sql).toBeGreaterThan(30);
    expect([...fuzz.sampled.http.keys()].sort()).toEqual([200, 400]);
  });
});

describe('a mistake is found', () => {
  const { parse, matches, compile } = REAL_FILTERS;

  afterAll(() => {
    Reflect.deleteProperty(Object.prototype, 'polluted');
  });

  it.each<readonly [string, Partial<FilterSubject>, RegExp]>([
    [
      'a crash',
      {
        parse: (...given) => {
          if (given[1].includes('or')) throw new TypeError('planted');
          return parse(...given);
        },
      },
      /^crashes: TypeError: planted/,
    ],
    [
      'a refusal that blames the service',
      {
        parse: () => {
          throw new DomainError('store.unavailable', 'planted');
        },
      },
      /^is answered 503/,
    ],
    [
      'a mark on a prototype',
      {
        parse: (...given) => {
          if (given[1].includes('__proto__')) {
            Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true, writable: true });
          }
          return parse(...given);
        },
      },
      /^Object.prototype has a new property polluted/,
    ],
    [
      'a slow filter',
      {
        parse: (...given) => {
          const timer = startTimer();
          while (given[1].includes('manager.') && timer() < SLOW_MS + 1);
          return parse(...given);
        },
      },
      /^takes 5\d\.\d ms at best/,
    ],
    [
      'a filter that is read wrongly',
      { parse: (...given) => ({ kind: 'not', part: parse(...given) }) },
      /^is read as \{"kind":"not"/,
    ],
    [
      'a condition that finds more than it says',
      {
        compile: (...given) => {
          const condition = compile(...given);
          return condition === null ? null : { ...condition, exact: true };
        },
      },
      /^SQL finds more/,
    ],
    [
      'a predicate that disagrees with the store',
      { matches: (...given) => !matches(...given) },
      /^the store finds .*, the predicate/,
    ],
  ])('%s', async (_name, mistake, problem) => {
    const fuzz = await createFilterFuzz({ ...REAL_FILTERS, ...mistake }, { seed: 1, sqlEvery: 1, httpEvery: 10_000 });
    const report = await runFuzz(fuzz, { seed: 1, inputs: 1000, most: 3 });
    await fuzz.close();
    expect(report.findings.map((finding) => finding.problem)).toContainEqual(expect.stringMatching(problem));
  });
});
