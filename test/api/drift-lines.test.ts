import { describe, expect, it } from '@jest/globals';
import { LINE_LIMITS, OBJECT_LIMIT, bodyLines, bodyObject, parseObject } from '../../src/api/drift-lines.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? bytes(part) : part;
}

async function read(body: AsyncIterable<Uint8Array>, limits = LINE_LIMITS): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { line, text } of bodyLines(body, limits)) found.push(`${String(line)}:${text}`);
  return found;
}

describe('lines of a body', () => {
  it('are numbered as in the body, blank ones left out, however the bytes are cut', async () => {
    const body = '\uFEFF{"a":1}\r\n\n  \n{"b":"ä€😀"}\n{"c":3}';
    const expected = ['1:{"a":1}', '4:{"b":"ä€😀"}', '5:{"c":3}'];
    expect(await read(chunks(body))).toEqual(expected);
    expect(await read(chunks(...[...bytes(body)].map((byte) => Uint8Array.of(byte))))).toEqual(expected);
    expect(await read(chunks('\n\n'))).toEqual([]);
  });

  it('are read one after the other: what comes later is not waited for', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield bytes(`{"n":${String((sent += 1))}}\n`);
    }
    for await (const { line } of bodyLines(endless())) if (line === 1000) break;
    expect(sent).toBeLessThanOrEqual(1001);
  });

  it('may be 256 KiB long each, and not a byte more', async () => {
    expect(LINE_LIMITS.lineBytes).toBe(262_144);
    const line = (length: number): string => 'x'.repeat(length);
    for (const length of [262_143, 262_144]) {
      expect((await read(chunks(`a\n${line(length)}\nb`))).length).toBe(3);
      expect((await read(chunks(line(length)))).length).toBe(1);
    }
    await expect(read(chunks(`a\n${line(262_145)}\nb`))).rejects.toMatchObject({
      code: 'request.too_large',
      message: expect.stringContaining('Line 2 '),
    });
    await expect(read(chunks(line(200_000), line(62_145)))).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('may be 100,000, and not one more', async () => {
    expect(LINE_LIMITS.lines).toBe(100_000);
    for (const count of [99_999, 100_000]) expect((await read(chunks('1\n\n'.repeat(count)))).length).toBe(count);
    await expect(read(chunks('1\n\n'.repeat(100_001)))).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('may have so many bytes together, and not one more', async () => {
    expect(LINE_LIMITS.bodyBytes).toBe(268_435_456);
    const limits = { ...LINE_LIMITS, bodyBytes: 100 };
    for (const size of [99, 100]) expect((await read(chunks('x'.repeat(size)), limits)).length).toBe(1);
    await expect(read(chunks('x'.repeat(60), 'x'.repeat(41)), limits)).rejects.toMatchObject({
      code: 'request.too_large',
    });
  });

  it('must be UTF-8, each', async () => {
    await expect(read(chunks('a\n', Uint8Array.of(0xff, 0x0a)))).rejects.toMatchObject({
      code: 'request.invalid',
      message: 'line 2: is not UTF-8.',
    });
  });
});

describe('a body that is one object', () => {
  it('may be two mebibytes, and not a byte more', async () => {
    const padded = (size: number): string => `{"a":1}${' '.repeat(size - 7)}`;
    for (const size of [OBJECT_LIMIT - 1, OBJECT_LIMIT])
      expect(await bodyObject(chunks(padded(size)))).toEqual({ a: 1 });
    await expect(bodyObject(chunks(padded(OBJECT_LIMIT + 1)))).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('may be nothing at all', async () => {
    expect(await bodyObject(chunks())).toEqual({});
  });
});

describe('one object', () => {
  it('may be 32 deep, and not one more', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}}`;
    for (const depth of [31, 32]) expect(parseObject(nested(depth)).ok).toBe(true);
    expect(parseObject(nested(33))).toEqual({ ok: false, detail: 'is nested too deep' });
    expect(parseObject(nested(100_000))).toEqual({ ok: false, detail: 'is nested too deep' });
  });

  it.each([
    ['9007199254740991', true],
    ['9007199254740992', false],
    ['-9007199254740993', false],
    ['"9007199254740993"', true],
    ['1e30', false],
    ['1e400', false],
    ['12345678901234567.0', false],
    ['1e3', true],
    ['1.5', true],
  ])('with the number %s is taken: %s', (number, isTaken) => {
    expect(parseObject(`{"a":[${number}]}`).ok).toBe(isTaken);
  });

  it.each(['', '[]', '"x"', 'null', '1', '{', '{"a":1}{'])('is not %j', (text) => {
    expect(parseObject(text).ok).toBe(false);
  });
});
