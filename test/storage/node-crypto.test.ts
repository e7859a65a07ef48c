import { describe, expect, it } from '@jest/globals';
import { createCrypto } from '../../src/storage/node-crypto.ts';

const pepper = Buffer.alloc(32, 1);

describe('ids', () => {
  it('are UUIDs of version 7 that carry the millisecond', () => {
    const crypto = createCrypto({ pepper, now: () => 0x0123_4567_89ab });
    expect(crypto.uuid()).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('never repeat and never go back, not even when the clock stands or does', () => {
    let now = 1_800_000_000_000;
    const crypto = createCrypto({ pepper, now: () => now });
    const ids: string[] = [];
    for (let n = 0; n < 10_000; n += 1) {
      if (n === 3000) now -= 60_000;
      if (n === 9000) now += 120_000;
      ids.push(crypto.uuid());
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });
});

describe('hashes', () => {
  const crypto = createCrypto({ pepper });

  it('are plain SHA-256 of what is not secret', () => {
    expect(crypto.hash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('differ by tenant, by purpose and by pepper', () => {
    const other = createCrypto({ pepper: Buffer.alloc(32, 2) });
    const all = [
      crypto.keyedHash('t1', 'text'),
      crypto.keyedHash('t2', 'text'),
      other.keyedHash('t1', 'text'),
      crypto.purposeHash('token', 'text'),
      crypto.purposeHash('cursor', 'text'),
      crypto.keyedHash('token', 'text'),
      crypto.hash('text'),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(crypto.keyedHash('t1', 'text')).toBe(createCrypto({ pepper }).keyedHash('t1', 'text'));
  });

  it('need a pepper of 32 bytes', () => {
    expect(() => createCrypto({ pepper: Buffer.alloc(31) })).toThrow(/32 bytes/);
  });
});
