import { describe, expect, it } from '@jest/globals';

import { fuzzedFile, runFeedFuzz } from '../support/feed-fuzz.ts';

const SEED = 20260302;
const FILES = 1_500;

describe(`${String(FILES)} fuzzed files, seed ${String(SEED)}`, () => {
  it('are read, doubted or refused, each with a reason; none crashes, hangs, or is slow', async () => {
    const report = await runFeedFuzz({ seed: SEED, files: FILES });
    expect(report.findings).toEqual([]);
    expect(report.files).toBe(FILES);
    // The campaign has to see all sorts: files that are read, doubted, refused, and rows of every outcome.
    expect([...report.verdicts.keys()]).toEqual(
      expect.arrayContaining(['read', 'read, doubted', 'not_csv', 'no_header']),
    );
    expect([...report.outcomes.keys()].sort()).toEqual(['accepted', 'quarantined', 'rejected', 'warned']);
  }, 60_000);

  it('are the same each time', () => {
    expect(fuzzedFile(SEED, 77)).toEqual(fuzzedFile(SEED, 77));
    expect(fuzzedFile(SEED, 78)).not.toEqual(fuzzedFile(SEED, 77));
  });
});
