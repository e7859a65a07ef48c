import { describe, expect, it } from '@jest/globals';
import { concealed, concealedValue, createConcealment } from '../../src/drift/concealment.ts';

const SECRET = 'Zx9-cV8+bN7/mL6.kJ5~hG4=fD3';

describe('what a server repeats', () => {
  const conceal = createConcealment(SECRET);

  it.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['as a form', new URLSearchParams([['a', SECRET]]).toString().slice(2)],
    ['in base64', btoa(SECRET)],
    ['in base64, behind one more byte', btoa(`:${SECRET}`).slice(2, -3)],
    ['in base64, within a header', btoa(`Bearer ${SECRET}`).slice(11, -3)],
    ['in base64 for addresses', btoa(`::${SECRET}`).slice(3, -2).replaceAll('+', '-').replaceAll('/', '_')],
    ['its first 12 characters', SECRET.slice(0, 12)],
    ['its last 12 characters', SECRET.slice(-12)],
    ['12 characters of its base64', btoa(SECRET).slice(5, 17)],
  ])('is concealed %s', (_what, said) => {
    expect(conceal.parts(`<${said}>`)).toBe('<[…]>');
  });

  it('stays where it is no more than 11 characters of it', () => {
    expect(conceal.parts(SECRET.slice(3, 14))).toBe(SECRET.slice(3, 14));
    expect(conceal.parts('an ordinary sentence of an ordinary server, 0123456789')).toBe(
      'an ordinary sentence of an ordinary server, 0123456789',
    );
  });

  it('has one hole for pieces that overlap, and one for each that stands apart', () => {
    expect(conceal.parts(`a ${SECRET.slice(0, 20)} b ${SECRET.slice(5)}${SECRET} c`)).toBe('a […] b […][…] c');
  });

  it('is taken out of whole answers quickly, in every spelling of the whole secret', () => {
    const text = `{"a":"${SECRET}","b":"${encodeURIComponent(SECRET)}"}${'x'.repeat(2_000_000)}`;
    expect(conceal.whole(text).slice(0, 21)).toBe('{"a":"[…]","b":"[…]"}');
  });

  it('a word of 7 characters is no secret, one of 8 is', () => {
    const words = createConcealment('7letter', '8letters');
    expect(words.parts('7letter 8letters')).toBe('7letter […]');
  });

  it('covers what is learned later, and forgets the oldest of 17', () => {
    const learning = createConcealment('the-first-of-all');
    for (let n = 0; n < 15; n += 1) learning.learn(`secret-number-${'abcdefghijklmnop'.charAt(n).repeat(6)}`);
    expect(learning.whole('the-first-of-all')).toBe('[…]');
    learning.learn('the-seventeenth');
    expect(learning.whole('the-first-of-all the-seventeenth')).toBe('the-first-of-all […]');
  });

  it.each<[string, (text: string) => string]>([
    ['slashes', (text) => text.replaceAll('/', String.raw`\/`)],
    ['code points', (text) => text.replaceAll(/[A-Z]/g, (c) => String.raw`\u00${c.charCodeAt(0).toString(16)}`)],
    [
      'code points in capitals',
      (text) => text.replaceAll(/./g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`.toUpperCase().replace('U', 'u')),
    ],
  ])('is concealed once it is read from JSON that escapes its %s', (_what, escaped) => {
    const secret = 'Q1/w2/E3/r4/T5/y6/U7/';
    const escaping = createConcealment(secret);
    const text = `{"a\\n${escaped(secret)}":[1,null,"x ${escaped(secret)} y",{"b":"${escaped(btoa(secret))}"}]}`;
    for (const [said, n] of [
      [text, 0],
      [`${text}${' '.repeat(20_000)}`, 20_000],
    ] as const) {
      const value: unknown = JSON.parse(escaping.whole(said));
      expect(concealedValue(value, said, escaping)).toEqual({ 'a\n[…]': [1, null, 'x […] y', { b: '[…]' }] });
      expect(said).toHaveLength(text.length + n);
    }
  });

  it('leaves a value as it is where nothing in its text could be a secret', () => {
    const value = { a: ['one\n"two"', 3n], ['__proto__']: 1 };
    expect(concealedValue(value, String.raw`{"a":["one\n\"two\"",3],"__proto__":1}`, conceal)).toBe(value);
    expect(concealedValue(value, 'no escape at all', conceal)).toBe(value);
  });

  it('is in no header and no body of the exchange', () => {
    const headers = {
      location: `https://example.com/?t=${SECRET}`,
      [`x-${SECRET}`]: 'a',
      link: ['b', SECRET],
      none: undefined,
    };
    expect(concealed({ kind: 'answer', status: 302, headers, text: `{"t":"${SECRET}"}` }, conceal)).toEqual({
      kind: 'answer',
      status: 302,
      headers: { location: 'https://example.com/?t=[…]', 'x-[…]': 'a', link: ['b', '[…]'], none: undefined },
      text: '{"t":"[…]"}',
    });
    expect(concealed({ kind: 'lost', code: 'cut' }, conceal)).toEqual({ kind: 'lost', code: 'cut' });
    expect(concealed({ kind: 'answer', status: 200, headers: {}, text: null }, conceal)).toMatchObject({ text: null });
  });
});
