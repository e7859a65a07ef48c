import { describe, expect, it } from '@jest/globals';
import { TOKEN_PATTERN, hashToken, mintToken, parseToken } from '../../src/auth/tokens.ts';
import { randomSource } from './random-source.ts';

describe('a minted token', () => {
  it('has the published form and says its audience and id', () => {
    for (const audience of ['api', 'scim'] as const) {
      const { id, text } = mintToken(audience);
      expect(text).toMatch(TOKEN_PATTERN);
      expect(text).toHaveLength(`dsb_${audience}_`.length + 12 + 1 + 43 + 6);
      expect(parseToken(text)).toEqual({ kind: 'minted', audience, id });
    }
  });

  it('is written alike from the same random bytes', () => {
    const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
    expect(mintToken('api', zeros)).toEqual({
      id: '000000000000',
      text: `dsb_api_000000000000_${'0'.repeat(43)}1RVG2H`,
    });
  });

  it('never repeats', () => {
    const texts = Array.from({ length: 1000 }, () => mintToken('api'));
    expect(new Set(texts.map(({ text }) => text)).size).toBe(1000);
    expect(new Set(texts.map(({ id }) => id)).size).toBe(1000);
  });

  it('is refused offline after a change of any one character', () => {
    const { text } = mintToken('scim', randomSource(7));
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'x' ? 'y' : 'x';
      const damaged = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      // A damaged prefix makes it an unknown text, which a bootstrap token may be; the rest is known to be broken.
      expect(parseToken(damaged).kind).toBe(at < 'dsb_scim_'.length ? 'bootstrap' : 'malformed');
    }
  });
});

describe('look-alikes', () => {
  it('hardly ever carry the right checksum', () => {
    const random = randomSource(11);
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const text = (length: number): string =>
      Array.from(random(length), (byte) => digits.charAt(byte % digits.length)).join('');
    let passed = 0;
    for (let n = 0; n < 50_000; n += 1) {
      if (parseToken(`dsb_api_${text(12)}_${text(49)}`).kind !== 'malformed') passed += 1;
    }
    expect(passed).toBe(0);
  });
});

describe('a bootstrap token', () => {
  it.each([
    ['31 characters', 'a'.repeat(31), 'malformed'],
    ['32 characters', 'a'.repeat(32), 'bootstrap'],
    ['512 characters', 'a'.repeat(512), 'bootstrap'],
    ['513 characters', 'a'.repeat(513), 'malformed'],
    ['nothing', '', 'malformed'],
    ['the beginning of ours', `dsb_api_${'a'.repeat(40)}`, 'malformed'],
  ])('of %s', (_, text, kind) => {
    expect(parseToken(text).kind).toBe(kind);
  });
});

describe('the hash', () => {
  it('depends on the pepper', () => {
    const one = hashToken('text', new Uint8Array(32).fill(1));
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(hashToken('text', new Uint8Array(32).fill(1))).toBe(one);
    expect(hashToken('text', new Uint8Array(32).fill(2))).not.toBe(one);
  });
});
