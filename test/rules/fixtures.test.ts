import { describe, expect, it } from '@jest/globals';
import { filesOf, type HouseFile } from './files.ts';

/** Domains that are nobody's (RFC 2606 2 and 3), and the bots that every Drift organisation has (Drift API notes 4.6). */
const INVENTED = /@([a-z0-9-]+\.)*(example\.(com|org|net)|example)$|^bot-\d+@drift\.com$/i;
const ADDRESS = /[a-z0-9._%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}/gi;

function strangers({ path, text }: HouseFile): readonly string[] {
  // UTF-16 fixtures hold a zero in every second byte.
  const addresses = text.replaceAll('\0', '').match(ADDRESS) ?? [];
  return addresses.filter((address) => !INVENTED.test(address)).map((address) => `${path}: ${address}`);
}

describe('fixtures', () => {
  it('hold no address of a real person: all are at example.com, .org, .net or .example', () => {
    const files = ['src', 'test', 'docs'].flatMap((folder) => filesOf(folder));
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(strangers)).toEqual([]);
  });

  it('would find one', () => {
    const planted = { path: 'planted', text: ['somebody', 'a-company.com'].join('@') };
    expect(strangers(planted)).toHaveLength(1);
    expect(strangers({ path: 'planted', text: 'a@sub.example.org, bot-7@drift.com' })).toEqual([]);
  });
});
