import { describe, expect, it } from '@jest/globals';
import { feedPolicySchema } from '../../src/api/feed-policy.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { FEED_DATE_FORMATS } from '../../src/core/reconcile/feed-terms.ts';
import { FIELDS } from '../../src/feeds/terms.ts';

const FEED = { mode: 'full', columns: {}, statusWords: {}, staleAfterDays: 7 };
const takes = (more: Record<string, unknown>): boolean => feedPolicySchema.safeParse({ ...FEED, ...more }).success;

describe('the policy of a feed', () => {
  it('is the default, and needs nothing that older documents lack', () => {
    expect(feedPolicySchema.parse(DEFAULT_POLICY.sources.feeds['hr'])).toEqual(FEED);
  });

  it('maps every field that the reader knows, by every date format, and no other', () => {
    for (const field of FIELDS) expect(takes({ mapping: { [field]: { column: 'x' } } })).toBe(true);
    expect(takes({ mapping: { salary: { column: 'x' } } })).toBe(false);
    const dated = (format: string) => ({ mapping: { start: { column: 'x', transforms: [{ op: 'date', format }] } } });
    for (const format of FEED_DATE_FORMATS) expect(takes(dated(format))).toBe(true);
    expect(takes(dated('YY'))).toBe(false);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['a proof', { proof: 'trailer' }, true],
    ['a proof that is none', { proof: 'hope' }, false],
    ['ten transforms', { mapping: { given: { column: 'x', transforms: Array(10).fill({ op: 'trim' }) } } }, true],
    ['eleven transforms', { mapping: { given: { column: 'x', transforms: Array(11).fill({ op: 'trim' }) } } }, false],
    ['a transform that is code', { mapping: { given: { column: 'x', transforms: [{ op: 'eval' }] } } }, false],
    ['a value from nowhere', { mapping: { given: { transforms: [{ op: 'trim' }] } } }, false],
    ['a constant', { mapping: { company: { transforms: [{ op: 'const', value: 'Example' }] } } }, true],
    [
      'a zone that is none',
      { mapping: { start: { column: 'x', transforms: [{ op: 'date', format: 'instant', tz: 'X' }] } } },
      false,
    ],
    ['a delimiter of two characters', { delimiter: ';;' }, false],
    ['a letter as delimiter', { delimiter: 'a' }, false],
    ['a tab', { delimiter: '\t', quote: "'", encoding: 'utf-16le', repairText: true }, true],
    ['an unknown encoding', { encoding: 'ebcdic' }, false],
  ])('%s: %j is %s', (_, more, valid) => {
    expect(takes(more)).toBe(valid);
  });
});
