import { describe, expect, it } from '@jest/globals';

import { FeedError } from '../../src/feeds/read-feed.ts';
import { csv, readAll, utf16 } from './reading.ts';

const table = csv(
  'Staff of Larkfield,,',
  'Employee ID,First Name,Status,Hire Date,Job Title',
  '0001,Zoë,Active,2020-01-06,"Account Executive,',
  'EMEA ""one"""',
  '0002,Jürgen,On Leave,2019-05-01,"Support"',
  '',
  '0003,Ann,Active,2021-11-30,Head of Sales',
  'Total,3',
);

describe('a file cut anywhere', () => {
  it.each([
    ['UTF-8', Buffer.from(table)],
    ['UTF-8 with CRLF', Buffer.from(table.replaceAll('\n', '\r\n'))],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${table}`)],
    ['Windows-1252 with semicolons', Buffer.from(table.replaceAll(/,(?! |\n)/g, ';'), 'latin1')],
    ['UTF-16 LE', utf16(table, 'le')],
    ['UTF-16 BE', utf16(table, 'be')],
  ])('%s: never crashes, and says so unless the cut is at the end of a row', async (_, bytes) => {
    const whole = await readAll(bytes);
    expect(whole.end).toMatchObject({ read: 3, completeness: [] });
    const records = new Map(whole.rows.map(({ key, hr }) => [key, hr]));
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = await readAll(bytes.subarray(0, length)).catch((error: unknown) => {
        if (error instanceof FeedError) return undefined;
        throw error;
      });
      if (cut === undefined) continue;
      const wrong = cut.rows.filter(({ key, hr }) => hr !== undefined && !sameJson(hr, records.get(key)));
      const doubts = cut.end.completeness.map(({ code }) => code);
      if (wrong.length > 0 && doubts.length === 0) throw new Error(`Cut at ${length}: a wrong record is accepted.`);
      if (wrong.length > 1) throw new Error(`Cut at ${length}: more than the last row is wrong.`);
      const atRowEnd = /[\r\n]$/.test(decode(bytes.subarray(0, length)));
      if (!atRowEnd && doubts.length === 0) throw new Error(`Cut at ${length}: no doubt.`);
    }
  });

  it('inside a quoted cell or inside a row is certainly cut; without the last line end it may be', async () => {
    const codes = async (text: string): Promise<readonly (readonly [string, boolean])[]> =>
      (await readAll(text)).end.completeness.map(({ code, certain }) => [code, certain]);
    const start = csv('Employee ID,Status,Title', '1,Active,x');
    expect(await codes(start)).toEqual([]);
    expect(await codes(`${start}2,Active,y`)).toEqual([['no_final_newline', false]]);
    expect(await codes(`${start}2,Act`)).toEqual([
      ['last_record_short', true],
      ['no_final_newline', false],
    ]);
    expect(await codes(`${start}2,Active,"y\n`)).toContainEqual(['quote_unclosed', true]);
  });

  it('inside a character is certainly cut, and the row is not accepted', async () => {
    const bytes = Buffer.from(csv('Employee ID,Status,Title', '1,Active,Zürich', '2,Active,ü'));
    const feed = await readAll(bytes.subarray(0, -2));
    expect(feed.rows[1]).toMatchObject({ outcome: 'quarantined', key: '2' });
    expect(feed.end.completeness.map(({ code }) => code)).toEqual(['cut_character', 'no_final_newline']);
  });
});

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff) return new TextDecoder('utf-16le').decode(bytes);
  return new TextDecoder(bytes[0] === 0xfe ? 'utf-16be' : 'utf-8').decode(bytes);
}
