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

  it('may come in one piece', async () => {
    const lines = Array.from({ length: 200_000 }, (_, n) => `${n},Active\n`).join('');
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`Employee ID,Status\n${lines}`);
    }
    const feed = await readFeed(source(), profile);
    let rows = 0;
    for await (const { outcome } of feed.rows) if (outcome === 'accepted') rows += 1;
    expect(rows).toBe(200_000);
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

describe('progress', () => {
  it('is told every 1,000 rows and at the end, with the bytes taken so far', async () => {
    const seen: { rows: number; bytes: number }[] = [];
    let sent = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let n = -1; n < 2_500; n += 1) {
        const bytes = Buffer.from(n < 0 ? 'Employee ID,Status\n' : `${n},Active\n`);
        sent += bytes.length;
        yield bytes;
      }
    }
    const feed = await readFeed(source(), { ...profile, progress: (progress) => seen.push(progress) });
    for await (const { key } of feed.rows) if (key === undefined) throw new Error('no key');
    expect(seen.map(({ rows }) => rows)).toEqual([1_000, 2_000, 2_500]);
    expect(seen.at(-1)?.bytes).toBe(sent);
    expect(feed.end().evidence.bytes).toBe(sent);
    expect(seen[0]?.bytes).toBeGreaterThan(1_000 * 8);
  });
});
