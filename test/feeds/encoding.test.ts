import { describe, expect, it } from '@jest/globals';

import { repairMojibake } from '../../src/feeds/cell.ts';
import { readFeed } from '../../src/feeds/read-feed.ts';
import { csv, readAll, utf16, verdicts } from './reading.ts';

const table = csv('Employee ID,First Name,Status', '1,Zoë,Active', '2,Jürgen,Active');
const names = (feed: Awaited<ReturnType<typeof readAll>>): unknown => feed.rows.map(({ hr }) => hr?.given);

describe('encodings', () => {
  it.each([
    ['UTF-8', 'utf-8', Buffer.from(table)],
    ['UTF-8 with a byte order mark', 'utf-8', Buffer.from(`\uFEFF${table}`)],
    ['UTF-16 LE', 'utf-16le', utf16(table, 'le')],
    ['UTF-16 BE', 'utf-16be', utf16(table, 'be')],
    ['UTF-16 LE without a mark', 'utf-16le', Buffer.from(table.replaceAll('ë', 'e'), 'utf16le'), 'Zoe'],
    ['Windows-1252', 'windows-1252', Buffer.from(table, 'latin1')],
  ])('reads %s, whatever the chunks', async (_, encoding, bytes, first = 'Zoë') => {
    for (const chunk of [1, 2, 3, 7, 65_536]) {
      const feed = await readAll(bytes, {}, chunk);
      expect(feed.shape.encoding).toBe(encoding);
      expect(feed.shape.columns[0]?.header).toBe('Employee ID');
      expect(verdicts(feed.rows)).toEqual(['accepted', 'accepted']);
      expect(names(feed)).toEqual([first, 'Jürgen']);
      expect(feed.end.completeness).toEqual([]);
    }
  });

  it('says where it fell back to Windows-1252, with the typographic characters that Latin-1 lacks', async () => {
    const feed = await readAll(Buffer.from(table.replace('Zoë', 'O\u0092Hara \u0080'), 'latin1'));
    expect(names(feed)).toEqual(['O’Hara €', 'Jürgen']);
    expect(feed.shape.notes).toEqual([
      {
        code: 'encoding_fallback',
        message: 'Not UTF-8 near byte 33: read as Windows-1252. Check names with accents.',
        places: [
          { record: 1, line: 2, header: 'First Name', value: 'O*** (’ €)' },
          { record: 2, line: 3, header: 'First Name', value: 'J*** (ü)' },
        ],
      },
    ]);
  });

  it('shows at most five cells to check, also where it fell back late', async () => {
    const nine = Array.from({ length: 9 }, (_, n) => `x${n},Zoë`);
    const early = await readAll(Buffer.from(csv('Employee ID,First Name', ...nine), 'latin1'));
    expect(early.shape.notes[0]?.places).toHaveLength(5);
    const rows = Array.from({ length: 9_000 }, (_, n) => `${n},Ann Lee`);
    const late = Buffer.concat([
      Buffer.from(csv('Employee ID,First Name', ...rows)),
      Buffer.from(csv(...nine), 'latin1'),
    ]);
    const { shape, end } = await readAll(late, {}, 1_000);
    expect(shape.notes).toEqual([]);
    expect(end.notes[0]?.code).toBe('encoding_fallback');
    expect(end.notes[0]?.places).toHaveLength(5);
    expect(end.notes[0]?.places?.[0]).toMatchObject({ record: 9_001, header: 'First Name' });
  });

  it('falls back when the first byte that is not UTF-8 comes after the first 64 KiB', async () => {
    const rows = Array.from({ length: 6_000 }, (_, n) => `${n},Ann,Active`);
    const bytes = Buffer.concat([
      Buffer.from(csv('Employee ID,First Name,Status', ...rows)),
      Buffer.from(csv('x1,Zoë,Active', 'x2,Jürgen,Active'), 'latin1'),
    ]);
    const feed = await readAll(bytes, {}, 1_000);
    expect(bytes.length).toBeGreaterThan(80_000);
    expect(feed.shape.encoding).toBe('utf-8');
    expect(feed.end.notes.map(({ code }) => code)).toEqual(['encoding_fallback']);
    expect(feed.rows.slice(-2).map(({ hr }) => hr?.given)).toEqual(['Zoë', 'Jürgen']);
  });

  it('keeps UTF-8 with a broken byte as UTF-8 and quarantines the row that it touches', async () => {
    const bytes = Buffer.from(csv('Employee ID,First Name,Status', '1,Zoë,Active', '2,J?rgen,Active', '3,Ünal,Active'));
    bytes[bytes.indexOf('?')] = 0xfc;
    const feed = await readAll(bytes);
    expect(feed.shape.encoding).toBe('utf-8');
    expect(feed.shape.notes.map(({ code }) => code)).toEqual(['encoding_damaged']);
    expect(verdicts(feed.rows)).toEqual(['accepted', 'quarantined encoding_replacement', 'accepted']);
    expect(feed.rows[1]?.problems[0]).toMatchObject({ header: 'First Name', value: 'J***' });
  });

  it('takes the encoding that the feed declares, and refuses one that it does not know', async () => {
    const feed = await readAll(Buffer.from(table, 'latin1'), { encoding: 'Windows-1252' });
    expect(names(feed)).toEqual(['Zoë', 'Jürgen']);
    expect(feed.shape.notes).toEqual([]);
    await expect(readAll(table, { encoding: 'ebcdic' })).rejects.toMatchObject({ code: 'bad_profile' });
    await expect(readAll(table, { encoding: 'constructor' })).rejects.toMatchObject({ code: 'bad_profile' });
  });
});

describe('text that went through a wrong encoding before', () => {
  const misread = (text: string): string => new TextDecoder('windows-1252').decode(Buffer.from(text));

  it.each(['José', 'Zoë', 'Weiß', '“Bo”', 'Łukasz', 'Ærø', 'Ñandú', '€', 'Đorđe Šimić', '李'])(
    '%s comes back',
    (text) => {
      expect(repairMojibake(misread(text))).toBe(text);
    },
  );

  it.each(['José', 'ÉCLAIR', 'Ann', 'Ã', 'Ãlvaro', 'São João', 'Â', 'Müller–Lüdenscheidt', '50 €', 'â€', '李 Ã©'])(
    '%s is right as it is',
    (text) => {
      expect(repairMojibake(text)).toBeUndefined();
    },
  );

  it('is left out of names, refused where the row depends on it, and repaired only where the feed says so', async () => {
    const file = csv(
      'Employee ID,First Name,Status,Notes',
      `1,${misread('José')},Active,${misread('ü')}`,
      `2,Bo,${misread('Außer Dienst')},`,
      `${misread('ä3')},Cy,Active,`,
    );
    const held = await readAll(file);
    expect(verdicts(held.rows)).toEqual(['warned mojibake', 'quarantined mojibake', 'rejected mojibake,key_missing']);
    expect(held.rows[0]?.hr).not.toHaveProperty('given');
    expect(held.rows[0]?.raw[1]).toBe('JosÃ©');
    expect(held.end.notes.find(({ places }) => places?.[0]?.header === 'First Name')?.message).toContain(
      '1 of 1 cells',
    );
    expect(held.end.notes.map(({ message }) => message).join()).toContain('Ã© = é');
    const repaired = await readAll(file, { repairText: true, statusWords: { 'außer dienst': 'leave' } });
    expect(repaired.rows.map(({ hr }) => hr?.given)).toEqual(['José', 'Bo', 'Cy']);
    expect(repaired.rows.map(({ key }) => key)).toEqual(['1', '2', 'ä3']);
  });
});

describe('files that are no CSV', () => {
  it.each([
    ['empty_file', 'no bytes', Buffer.alloc(0)],
    ['empty_file', 'nothing but blanks', Buffer.from('\uFEFF \r\n\n')],
    ['not_csv', 'xlsx', Buffer.from('PK\u0003\u0004....')],
    ['not_csv', 'xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1])],
    ['not_csv', 'PDF', Buffer.from('%PDF-1.7\n')],
    ['not_csv', 'gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
    ['not_csv', 'bzip2', Buffer.from('BZh91AY')],
    ['not_csv', 'xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
    ['not_csv', 'zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    ['not_csv', '7-Zip', Buffer.from([0x37, 0x7a, 0xbc, 0xaf])],
    ['not_csv', 'RAR', Buffer.from('Rar!\u001a')],
    ['not_csv', 'Parquet', Buffer.from('PAR1')],
    ['not_csv', 'RTF', Buffer.from('{\\rtf1')],
    ['not_csv', 'a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['not_csv', 'binary PGP', Buffer.from([0x85, 1, 0x0c, 3])],
    ['not_csv', 'age', Buffer.from('age-encryption.org/v1\n')],
    ['not_csv', 'PEM', Buffer.from('-----BEGIN PKCS7-----\n')],
    ['not_csv', 'HTML', Buffer.from('<!DOCTYPE html><title>Sign in</title>')],
    ['not_csv', 'JSON', Buffer.from('[{"id": 1}]')],
    ['not_csv', 'PGP', Buffer.from('-----BEGIN PGP MESSAGE-----\n')],
    ['not_csv', 'binary data', Buffer.from(Array.from({ length: 500 }, (_, n) => n % 7))],
    ['no_header', 'text', Buffer.from('Dear all,\nplease find the file attached.\n')],
  ])('%s: %s', async (code, _, bytes) => {
    await expect(readAll(bytes)).rejects.toMatchObject({ name: 'FeedError', code });
  });

  it.each([
    'a.csv.filepart',
    'a.csv.part',
    'a.tmp',
    'a.csv.crdownload',
    '/in/a.csv~',
    '~$a.csv',
    String.raw`C:\in\a.PARTIAL`,
  ])('%s is still being written', async (fileName) => {
    await expect(readAll(table, { fileName })).rejects.toMatchObject({ code: 'unfinished_upload' });
  });

  it.each(['a.csv', 'part.csv', '2026-03-01.txt', 'tmp/a.csv', ''])('%j is a name like any other', async (fileName) => {
    expect((await readAll(table, { fileName })).end.read).toBe(2);
  });

  it('closes the source of a file that it refuses', async () => {
    let closed = 0;
    async function* source(text: string): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(text);
      } finally {
        closed += 1;
      }
    }
    const profile = { today: '2026-03-02', companyTimeZone: 'UTC' };
    await expect(readFeed(source('%PDF'), profile)).rejects.toThrow('PDF');
    await expect(readFeed(source('nothing,of,people\n'), profile)).rejects.toThrow('known column names');
    await expect(readFeed(source('Employee ID,Email,E-Mail\n'), { ...profile, delimiter: 'x' })).rejects.toThrow();
    expect(closed).toBe(3);
  });
});
