import { describe, expect, it } from '@jest/globals';

import { MAX_CELL_LENGTH, MAX_COLUMNS, MAX_KEY_LENGTH, MAX_RECORD_BYTES } from '../../src/feeds/feed.ts';
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

  it.each([-1, 0, 1])('a key of the most characters %i', async (more) => {
    const feed = await readAll(csv('Employee ID,Title', `${'k'.repeat(MAX_KEY_LENGTH + more)},x`));
    expect(verdicts(feed.rows)).toEqual([more > 0 ? 'rejected key_invalid' : 'accepted']);
  });

  it('a record without end stops the reading; the rows before it stand', async () => {
    const open = `2,"${'never closed,'.repeat(MAX_RECORD_BYTES / 13 + 1)}`;
    const feed = await readAll(csv('Employee ID,Title', '1,x', open, '3,y'), {}, 10_000);
    expect(verdicts(feed.rows)).toEqual(['accepted', 'quarantined record_too_long']);
    expect(feed.rows[1]).toMatchObject({ key: '2', line: 3 });
    expect(feed.end.completeness).toContainEqual(expect.objectContaining({ code: 'record_too_long', certain: true }));
  });
});
