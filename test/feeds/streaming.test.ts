import { describe, expect, it } from '@jest/globals';

import { readFeed } from '../../src/feeds/read-feed.ts';

const ROWS = 50_000;
const profile = { today: '2026-03-02', companyTimeZone: 'UTC' };

describe('a large file', () => {
  it('streams: what is read ahead of the rows stays small and does not grow', async () => {
    let produced = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      let block = 'Employee ID,First Name,Status,Hire Date,Job Title\n';
      for (let n = 0; n < ROWS; n += 1) {
        block += `${String(n).padStart(6, '0')},Ann,Active,2020-01-06,"Account Executive, EMEA"\n`;
        if (n % 500 === 499) {
          produced += block.length;
          yield Buffer.from(block);
          block = '';
        }
      }
    }
    const feed = await readFeed(source(), profile);
    let rows = 0;
    let consumed = 0;
    let ahead = 0;
    for await (const row of feed.rows) {
      rows += 1;
      consumed += row.raw.join(',').length + 3;
      ahead = Math.max(ahead, produced - consumed);
      if (row.outcome !== 'accepted') throw new Error(`record ${row.record}: ${row.outcome}`);
    }
    expect(rows).toBe(ROWS);
    expect(feed.end()).toMatchObject({ read: ROWS, completeness: [], conflictingKeys: [] });
    expect(ahead).toBeLessThan(512 * 1024);
  });

  it('closes its source when the reader leaves early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('Employee ID,Status\n');
        for (let n = 0; ; n += 1) yield Buffer.from(`${n},Active\n`);
      } finally {
        closed = true;
      }
    }
    const feed = await readFeed(source(), profile);
    for await (const row of feed.rows) if (row.record === 1_500) break;
    expect(closed).toBe(true);
    expect(() => feed.end()).toThrow('drained');
  });

  it('passes on what the source throws', async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Employee ID,Status\n');
      for (let n = 0; n < 20_000; n += 1) yield Buffer.from(`${n},Active\n`);
      throw new Error('connection lost');
    }
    const feed = await readFeed(source(), profile);
    const drain = async (): Promise<void> => {
      for await (const row of feed.rows) if (row.key === undefined) throw new Error('no key');
    };
    await expect(drain()).rejects.toThrow('connection lost');
  });
});
