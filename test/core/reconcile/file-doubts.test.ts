import { describe, expect, it } from '@jest/globals';
import { type DoubtFacts, columnDoubts, doubtsOf } from '../../../src/core/reconcile/file-doubts.ts';

const OPEN = { code: 'no_final_newline', message: 'no line end', certain: false };
const SMALL = { code: 'file_small', message: 'small', certain: false };
const COUNT = { code: 'trailer_count', message: 'count', certain: true };
const LOST = { code: 'columns_lost', message: 'lost', certain: true };
const BEFORE = { proof: 'signs', finalNewline: false, tail: ['z', 'y', 'x'] } as const;

function doubts(over: Partial<DoubtFacts> = {}): readonly string[] {
  return doubtsOf({ found: [], proof: 'signs', manifestRequired: false, missing: [], vanishedFiles: 3, ...over });
}

const manifest = 'The files of this feed come with a manifest (rows, sha256), and none that holds came with this one.';
const tail = 'The people at the end of the file before are missing, and nothing proves that this one is not cut.';

describe('doubts about a file', () => {
  it.each<[string, Partial<DoubtFacts>, readonly string[]]>([
    ['none', {}, []],
    ['what is certain counts', { found: [COUNT] }, ['count']],
    ['what is certain counts against any proof', { found: [COUNT], proof: 'manifest' }, ['count']],
    [
      'signs count where somebody is missing',
      { found: [OPEN, SMALL], missing: ['a', 'b', 'c', 'd'] },
      ['no line end', 'small'],
    ],
    ['three people are no matter of size', { found: [OPEN, SMALL], missing: ['a', 'b', 'c'] }, ['no line end']],
    ['signs do not count where nobody is', { found: [OPEN, SMALL] }, []],
    ['signs do not count against a proof', { found: [OPEN, SMALL], missing: ['a'], proof: 'trailer' }, []],
    [
      'a line end that was there is missed',
      { found: [OPEN], before: { ...BEFORE, finalNewline: true } },
      ['no line end'],
    ],
    ['columns are said elsewhere', { found: [LOST], missing: ['a'] }, []],
    ['a manifest is required', { manifestRequired: true }, [manifest]],
    ['a manifest is required, not a trailer', { manifestRequired: true, proof: 'trailer' }, [manifest]],
    ['a manifest is there', { manifestRequired: true, proof: 'manifest' }, []],
    ['a manifest came before', { before: { ...BEFORE, proof: 'manifest' }, missing: ['a'] }, [manifest]],
    ['a manifest came before, and nobody is missing', { before: { ...BEFORE, proof: 'manifest' } }, []],
    ['the last of the file before', { before: BEFORE, missing: ['z'] }, []],
    ['the last two', { before: BEFORE, missing: ['y', 'z'] }, []],
    ['the last three', { before: BEFORE, missing: ['x', 'y', 'z'] }, [tail]],
    ['three others', { before: BEFORE, missing: ['a', 'y', 'z'] }, []],
    ['the last three, with a proof', { before: BEFORE, missing: ['x', 'y', 'z'], proof: 'done' }, []],
    ['the last one where one file is enough', { before: BEFORE, missing: ['z'], vanishedFiles: 1 }, [tail]],
    ['the last one where two are', { before: BEFORE, missing: ['z'], vanishedFiles: 2 }, []],
    ['the last but one where one file is enough', { before: BEFORE, missing: ['y'], vanishedFiles: 1 }, []],
    ['a file without keys before', { before: { ...BEFORE, tail: [] }, missing: ['a'], vanishedFiles: 1 }, []],
  ])('%s', (_, over, expected) => {
    expect(doubts(over)).toEqual(expected);
  });

  it('about its columns are told apart', () => {
    expect(columnDoubts([LOST, COUNT])).toEqual(['lost']);
  });
});
