import { describe, expect, it } from '@jest/globals';

import {
  MAX_CELL_LENGTH,
  MAX_COLUMNS,
  MAX_HEADER_LENGTH,
  MAX_KEY_LENGTH,
  MAX_RECORD_LENGTH,
} from '../../src/feeds/terms.ts';
import { csv, readAll, verdicts } from './reading.ts';

describe('limits', () => {
  it.each([-1, 0, 1])('a cell of the most characters %i', async (more) => {
    const cell = 'x'.repeat(MAX_CELL_LENGTH + more);
    const feed = await readAll(csv('Employee ID,Title', `1,${cell}`, '2,y'));
    expect(verdicts(feed.rows)).toEqual([more > 0 ? 'quarantined cell_too_long' : 'accepted', 'accepted']);
  });

  it.each([-1, 0, 1])('a header of the most columns %i', async (more) => {
    const width = MAX_COLUMNS + more;
    const extra = Array.from({ length: width - 1 }, (_, n) => `c${n}`);
    const reading = readAll(csv(['Employee ID', ...extra].join(','), ['1', ...extra].join(',')));
    if (more > 0) await expect(reading).rejects.toMatchObject({ code: 'too_many_columns' });
    else expect(verdicts((await reading).rows)).toEqual(['accepted']);
  });

  it.each([-1, 0, 1])('a column name of the most characters %i', async (more) => {
    const reading = readAll(csv(`Employee ID,Status,${'h'.repeat(MAX_HEADER_LENGTH + more)}`, '1,Active,x'));
    if (more > 0)
      await expect(reading).rejects.toMatchObject({ code: 'no_header', found: 'a column name of 257 characters' });
    else expect(verdicts((await reading).rows)).toEqual(['accepted']);
  });

  it.each([-1, 0, 1])('a key of the most characters %i', async (more) => {
    const feed = await readAll(csv('Employee ID,Title', `${'k'.repeat(MAX_KEY_LENGTH + more)},x`));
    expect(verdicts(feed.rows)).toEqual([more > 0 ? 'rejected key_invalid' : 'accepted']);
  });

  it.each([-1, 0, 1])('a record of the most characters %i', async (more) => {
    const quoted = `2,"${'y'.repeat(MAX_RECORD_LENGTH + more - 4)}"`;
    expect(quoted.length).toBe(MAX_RECORD_LENGTH + more);
    const feed = await readAll(csv('Employee ID,Title', '1,x', quoted, '3,y'), {}, 50_000);
    expect(verdicts(feed.rows)).toEqual(
      more > 0 ? ['accepted', 'quarantined record_too_long'] : ['accepted', 'quarantined cell_too_long', 'accepted'],
    );
    const plain = await readAll(csv('Employee ID,Title', '1,x', quoted.replaceAll('"', 'z'), '3,y'), {}, 50_000);
    expect(plain.rows).toHaveLength(more > 0 ? 2 : 3);
  });

  it('a record without end stops the reading; the rows before it stand', async () => {
    const open = `2,"${'never closed,'.repeat(MAX_RECORD_LENGTH / 13 + 1)}`;
    const feed = await readAll(csv('Employee ID,Title', '1,x', open, '3,y'), {}, 10_000);
    expect(verdicts(feed.rows)).toEqual(['accepted', 'quarantined record_too_long']);
    expect(feed.rows[1]).toMatchObject({ key: '2', line: 3 });
    expect(feed.end.completeness).toContainEqual(expect.objectContaining({ code: 'record_too_long', certain: true }));
  });

  it.each([-1, 0, 1])('a header in the last row of the search and %i', async (more) => {
    const reading = readAll(
      csv(...Array.from({ length: 49 + more }, () => 'Larkfield'), 'Employee ID,Status', '1,Active'),
    );
    if (more > 0) await expect(reading).rejects.toMatchObject({ code: 'no_header' });
    else expect((await reading).shape.headerLine).toBe(50 + more);
  });

  it.each([-1, 0, 1])('of the most lines of a tail %i', async (more) => {
    const tail = Array.from({ length: 5 + more }, (_, n) => `,Note ${n},`);
    const { end } = await readAll(csv('Employee ID,Status,Title', '1,Active,x', ...tail));
    expect(end).toMatchObject({ read: 1 + Math.max(0, more), skipped: 5 + Math.min(0, more) });
  });

  it.each([-1, 0, 1])('an address of the most characters %i', async (more) => {
    const address = `${'a'.repeat(254 + more - 12)}@example.com`;
    const feed = await readAll(csv('Employee ID,Work Email', `1,${address}`));
    expect(verdicts(feed.rows)).toEqual([more > 0 ? 'warned email_invalid' : 'accepted']);
  });

  it.each([-1, 0, 1])('of the least signs of a system %i', async (more) => {
    const signs = ['Reports To Associate ID', 'Position Status', 'Home Department Code'].slice(0, 2 + more);
    const { shape } = await readAll(
      csv(['Employee ID', ...signs].join(','), ['1', ...signs.map(() => 'Active')].join(',')),
    );
    expect(shape.preset).toBe(more < 0 ? 'generic' : 'adp');
  });

  it.each([-1, 0, 1])('3 of 5 known headers in a table without a key and %i', async (more) => {
    const known = ['First Name', 'Last Name', 'Status', 'Job Title'].slice(0, 3 + more);
    const header = [...known, 'a', 'b', 'c'].slice(0, 5).join(',');
    await expect(readAll(csv(header, 'x'))).rejects.toMatchObject({ code: more < 0 ? 'no_header' : 'no_key_column' });
  });
});
