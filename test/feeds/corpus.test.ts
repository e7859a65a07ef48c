import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { bytesOf, CORPUS, CORPUS_FOLDER, EXPECTED_FILE, type Outcome, outcomeOf } from '../support/feed-corpus.ts';

const expected = JSON.parse(readFileSync(CORPUS_FOLDER + EXPECTED_FILE, 'utf8')) as Record<string, Outcome>;
const names = CORPUS.map(({ file }) => file);

describe('the corpus of HR files', () => {
  it('is whole: every file is there, made by its generator, and has an expectation', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(60);
    expect(readdirSync(CORPUS_FOLDER).sort()).toEqual([EXPECTED_FILE, ...names].sort());
    expect(Object.keys(expected)).toEqual(names);
  });

  it.each(CORPUS.map((each) => [each.file, each] as const))('%s', async (file, each) => {
    const bytes = readFileSync(CORPUS_FOLDER + file);
    expect(bytes.equals(bytesOf(each))).toBe(true);
    expect(await outcomeOf(each, bytes)).toEqual(expected[file]);
  });

  it('names nobody who exists: only example domains', () => {
    for (const { file } of CORPUS) {
      const text = readFileSync(CORPUS_FOLDER + file, 'latin1').replaceAll('\u0000', '');
      for (const [, domain] of text.matchAll(/[\w.+-]+@([\w.-]+\w)/g)) {
        expect(domain?.toLowerCase()).toMatch(/^(old\.)?example\.(com|org)$/);
      }
    }
  });
});
