import { describe, expect, it } from '@jest/globals';

import { writeFixFile } from '../../src/feeds/fix-file.ts';
import { csv, readAll, verdicts } from './reading.ts';

describe('the fix file', () => {
  it('holds the bad rows with what is wrong, runs no formula, and corrects its import when it comes back', async () => {
    const original = await readAll(
      csv(
        'Employee ID;Status;Notes;Work Email',
        '1;Active;;a@example.com',
        '2;Vanished;=HYPERLINK(A1);b@',
        '3;Active',
        '4;Active;a;b;c',
      ),
    );
    const bad = original.rows.filter(({ outcome }) => outcome === 'quarantined');
    async function* rows(): AsyncGenerator<(typeof bad)[number]> {
      yield* bad;
    }
    let file = '';
    const headers = original.shape.columns.map(({ header }) => header);
    for await (const part of writeFixFile({ importId: 'imp_7', headers, delimiter: ';', rows: rows() })) file += part;
    expect(file.split('\r\n')).toEqual([
      '\uFEFFEmployee ID;Status;Notes;Work Email;_import;_record;_column;_code;_message;_suggestion',
      `2;Vanished;'=HYPERLINK(A1);b@;imp_7;2;Work Email | Status;email_invalid | status_unknown;Not an e-mail address, left out. | The status word is not known.;If the word is right, add it to the feed's statusWords.`,
      '3;Active;;;imp_7;3;;ragged_row;The row has 2 cells, the header 4.;Check for a missing or an unquoted delimiter.',
      '4;Active;a;b;imp_7;4;;ragged_row;The row has 5 cells, the header 4. | Cells beyond the header: c;Check for a missing or an unquoted delimiter.',
      '',
    ]);

    const corrected = await readAll(file.replace('Vanished', 'On leave'));
    expect(corrected.shape).toMatchObject({ fixFile: true, delimiter: ';' });
    expect(verdicts(corrected.rows)).toEqual(['warned email_invalid', 'accepted', 'warned email_invalid']);
    expect(corrected.rows[0]).toMatchObject({
      fixes: { importId: 'imp_7', record: '2' },
      raw: ['2', 'On leave', '=HYPERLINK(A1)', 'b@'],
      hr: { personKey: '2', status: 'leave' },
    });
  });

  it('is read as ours whatever the feed is told, also when a spreadsheet chose another delimiter', async () => {
    async function* rows(): AsyncGenerator<{ record: number; raw: readonly string[]; problems: readonly never[] }> {
      yield { record: 4, raw: ['1', "O'Hara, Ann", 'Active'], problems: [] };
    }
    let file = '';
    const headers = ['Employee ID', 'Full Name', 'Status'];
    for await (const part of writeFixFile({ importId: 'imp_1', headers, delimiter: ',', rows: rows() })) file += part;
    const told = {
      delimiter: ',',
      quote: "'",
      encoding: 'windows-1252',
      expected: { trailer: true, done: false },
    } as const;
    for (const text of [file, file.replaceAll('"', '').replaceAll(/,(?! )/g, ';')]) {
      const feed = await readAll(text, told);
      expect(feed.shape.fixFile).toBe(true);
      expect(feed.rows.map(({ raw }) => raw)).toEqual([['1', "O'Hara, Ann", 'Active']]);
      expect(feed.end.completeness).toEqual([]);
    }
  });
});
