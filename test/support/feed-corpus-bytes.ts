import { type CorpusFile, cp1252, crlf, lines, sha256, utf16 } from './feed-corpus-file.ts';

const HEADER = 'Employee ID,First Name,Last Name,Status,Hire Date,Work Email';
const ANN = '0001,Ann,Lee,Active,2020-01-06,ann.lee@example.com';
const BO = '0002,Bo,Ek,Active,2021-03-01,bo.ek@example.com';
const CY = '0003,Cy,Dahl,On Leave,2019-05-20,cy.dahl@example.com';
const PLAIN = lines(HEADER, ANN, BO, CY);
const LETTERS = lines(
  HEADER,
  '0001,Zoë,Brüning,Active,2020-01-06,zoe@example.com',
  '0002,Jürgen,Weiß,Active,2021-03-01,juergen@example.com',
  '0003,José,Núñez,On Leave,2019-05-20,jose@example.com',
);
const GERMAN = LETTERS.replaceAll(',', ';');
const MISREAD = cp1252Misread(LETTERS);

/** Bytes, encodings, delimiters, quotes, and what stands around the table (reconciliation 3.1). */
export const BYTES: readonly CorpusFile[] = [
  { file: 'utf8.csv', about: 'nothing odd', bytes: PLAIN },
  { file: 'utf8-crlf.csv', about: 'line ends of Windows', bytes: crlf(PLAIN) },
  { file: 'cr-only.csv', about: 'line ends of an old Mac', bytes: PLAIN.replaceAll('\n', '\r') },
  { file: 'utf8-bom.csv', about: 'byte order mark glued to the first header', bytes: `\uFEFF${LETTERS}` },
  {
    file: 'utf8-bom-semicolon.csv',
    about: 'byte order mark and semicolons, as German exporters write',
    bytes: `\uFEFF${crlf(GERMAN)}`,
  },
  {
    file: 'utf16-le-tab.txt',
    about: 'Unicode text of Excel: UTF-16 LE with a mark, tabs',
    bytes: utf16(LETTERS.replaceAll(',', '\t'), 'le'),
  },
  { file: 'utf16-be.csv', about: 'UTF-16 BE with a mark', bytes: utf16(LETTERS, 'be') },
  { file: 'utf16-le-no-mark.csv', about: 'UTF-16 LE, known by its zero bytes', bytes: Buffer.from(PLAIN, 'utf16le') },
  {
    file: 'utf16-be-no-mark.csv',
    about: 'UTF-16 BE, known by its zero bytes',
    bytes: Buffer.from(PLAIN, 'utf16le').swap16(),
  },
  { file: 'cp1252-umlauts.csv', about: 'Windows-1252: read, said, with the cells to check', bytes: cp1252(GERMAN) },
  {
    file: 'cp1252-quotes.csv',
    about: 'Windows-1252 with typographic characters that Latin-1 lacks',
    bytes: cp1252(
      lines(
        HEADER,
        '0001,Sinéad,O’Hara,Active,2020-01-06,s@example.com',
        '0002,Bo “B”,Ek – Olsen,Active,2021-03-01,b@example.com',
      ),
    ),
  },
  {
    file: 'cp1252-declared.csv',
    about: 'the same, declared by the feed: nothing to say',
    bytes: cp1252(GERMAN),
    profile: { encoding: 'windows-1252' },
  },
  {
    file: 'utf8-broken-byte.csv',
    about: 'UTF-8 with one byte of Windows-1252: that row is quarantined',
    bytes: spliced(LETTERS),
  },
  {
    file: 'mojibake.csv',
    about: 'text that went through a wrong encoding before the export: held per cell, repair offered',
    bytes: MISREAD,
  },
  {
    file: 'mojibake-repaired.csv',
    about: 'the same, where the feed asks for the repair',
    bytes: MISREAD,
    profile: { repairText: true },
  },
  {
    file: 'mojibake-in-status.csv',
    about: 'a status that went through a wrong encoding is no status',
    bytes: lines(HEADER, ANN, '0002,Bo,Ek,beschÃ¤ftigt,2021-03-01,bo.ek@example.com'),
  },
  {
    file: 'semicolon.csv',
    about: 'semicolons, commas inside cells',
    bytes: lines('Employee ID;Full Name;Status;FTE', '1;Lee, Ann;Active;1,0', '2;Ek, Bo;Active;0,5'),
  },
  { file: 'tab.csv', about: 'tabs', bytes: PLAIN.replaceAll(',', '\t') },
  { file: 'pipe.csv', about: 'pipes', bytes: PLAIN.replaceAll(',', '|') },
  {
    file: 'delimiter-declared.csv',
    about: 'a delimiter that only the feed can know',
    bytes: PLAIN.replaceAll(',', '^'),
    profile: { delimiter: '^' },
  },
  {
    file: 'delimiter-changed.csv',
    about: 'semicolons where the earlier file had commas: held',
    bytes: PLAIN.replaceAll(',', ';'),
    profile: { expected: { earlier: { delimiter: ',' } } },
  },
  { file: 'sep-line.csv', about: "Excel's sep= line", bytes: `sep=;\r\n${crlf(PLAIN.replaceAll(',', ';'))}` },
  {
    file: 'sep-line-odd.csv',
    about: 'sep= with a delimiter that nobody would guess',
    bytes: `"sep=:"\n${lines('Employee ID:Status:Title', '1:Active:AE', '2:Active:SDR')}`,
  },
  {
    file: 'preamble.csv',
    about: 'title lines and a blank one above the header',
    bytes: lines('Larkfield - All Workers', 'Report run by Ann Lee on 2026-03-01 07:00', '', HEADER, ANN, BO),
  },
  {
    file: 'blank-first-rows.csv',
    about: 'blank rows above the header, with delimiters',
    bytes: lines(',,,,,', ',,,,,', HEADER, ANN, '', BO),
  },
  {
    file: 'quoted-newlines.csv',
    about: 'line breaks and doubled quotes inside cells: record and line differ',
    bytes: lines(
      'Employee ID,Job Title,Status',
      '1,"Account Executive,\nEMEA",Active',
      '2,"She said ""hi""",Active',
      '3,"a\r\nb\nc",Vanished',
    ),
  },
  {
    file: 'single-quotes.csv',
    about: 'UKG HRSD: semicolons, apostrophes around cells, doubled inside',
    bytes: lines(
      'technical_id;First Name;Last Name;Status;Organization Code',
      "7;'Ann; Marie';'O''Hara';Active;'HQ'",
      "8;'Bo';'Ek';Active;'HQ'",
    ),
  },
  {
    file: 'apostrophe-names.csv',
    about: 'names that begin with an apostrophe are no quotes',
    bytes: lines(
      HEADER,
      "0001,Gerrit,'t Hooft,Active,2020-01-06,g@example.org",
      "0002,Jan,'s Gravesande,Active,2020-01-06,j@example.org",
    ),
  },
  {
    file: 'stray-quote.csv',
    about: 'a quote in the middle of a cell',
    bytes: lines(HEADER, '0001,Ann "A",Lee,Active,2020-01-06,ann@example.com', BO),
  },
  {
    file: 'missing-quote.csv',
    about: 'a quote that swallows the rows below',
    bytes: lines('Employee ID,First Name,Status', '1,"Ann,Active', '2,Bo ""B"",Active', '3,Cy",Active', '4,Di,Active'),
  },
  {
    file: 'unclosed-quote.csv',
    about: 'a quote that is never closed: the file ends there',
    bytes: lines(HEADER, ANN, '0002,"Bo,Ek,Active,2021-03-01,bo@example.com', CY),
  },
  {
    file: 'ragged-short.csv',
    about: 'a row with too few cells: quarantined, never shifted',
    bytes: lines(HEADER, ANN, '0002,Bo,Ek,Active', CY),
  },
  {
    file: 'ragged-long.csv',
    about: 'a row with an unquoted delimiter',
    bytes: lines(HEADER, ANN, '0002,Bo,Ek, Jr.,Active,2021-03-01,bo@example.com', CY),
  },
  {
    file: 'empty-cells-beyond.csv',
    about: 'delimiters at the end of every row are no cells',
    bytes: lines(`${HEADER},`, `${ANN},,`, `${BO},`),
  },
  {
    file: 'nul-in-cell.csv',
    about: 'a NUL in a cell',
    bytes: lines(HEADER, '0001,A\u0000nn,Lee,Active,2020-01-06,ann@example.com', BO),
  },
  { file: 'cut-in-row.csv', about: 'the end is missing: the last row is short', bytes: PLAIN.slice(0, -30) },
  {
    file: 'cut-in-character.csv',
    about: 'the end is missing in the middle of a character',
    bytes: Buffer.from(`${LETTERS}0004,Å`).subarray(0, -1),
  },
  { file: 'no-final-newline.csv', about: 'no line end after the last row: it may be cut', bytes: PLAIN.slice(0, -1) },
  {
    file: 'total-count.csv',
    about: 'a trailing total that counts the rows',
    bytes: lines(HEADER, ANN, BO, 'Total,2,,,,'),
  },
  {
    file: 'total-wrong.csv',
    about: 'a trailing total that counts more rows than there are',
    bytes: lines(HEADER, ANN, BO, 'Summe: 3'),
  },
  {
    file: 'signature-rows.csv',
    about: 'footnotes and a signature after the last row',
    bytes: lines(HEADER, ANN, BO, '', 'Prepared by Human Resources', 'Confidential', 'Page 1 of 1'),
  },
  {
    file: 'subtotal-inside.csv',
    about: 'a subtotal in the middle is a bad row',
    bytes: lines(HEADER, ANN, ',,Subtotal,,,', BO),
  },
  {
    file: 'repeated-header.csv',
    about: 'a report tool repeats the header on every page',
    bytes: lines(HEADER, ANN, HEADER, BO),
  },
  {
    file: 'manifest-right.csv',
    about: 'the manifest names rows and hash: proof that the file is whole',
    bytes: PLAIN,
    profile: { expected: { manifest: { rows: 3, sha256: sha256(PLAIN), asOf: '2026-03-01' } } },
  },
  {
    file: 'manifest-wrong.csv',
    about: 'cut at the end of a row: only the manifest knows',
    bytes: lines(HEADER, ANN, BO),
    profile: { expected: { manifest: { rows: 3, sha256: sha256(PLAIN) } } },
  },
  {
    file: 'trailer-missing.csv',
    about: 'the feed always ends with a total; this file does not',
    bytes: PLAIN,
    profile: { expected: { trailer: true } },
  },
  {
    file: 'done-missing.csv',
    about: 'the marker file is missing',
    bytes: PLAIN,
    profile: { expected: { done: false } },
  },
  {
    file: 'key-tail-missing.csv',
    about: 'sorted by id, and the highest ids of the earlier file are missing',
    bytes: PLAIN,
    profile: { expected: { earlier: { topKeys: ['0009', '0008', '0007'], medianBytes: 1_000 } } },
  },
  {
    file: 'columns-lost.csv',
    about: 'the earlier file had a termination date',
    bytes: PLAIN,
    profile: { expected: { earlier: { columns: { personKey: 'Employee ID', end: 'Termination Date' } } } },
  },
];

/** What is no table of people at all. */
export const NO_TABLE: readonly CorpusFile[] = [
  { file: 'empty.csv', about: 'no bytes', bytes: '' },
  { file: 'blank.csv', about: 'a mark and blank lines', bytes: '\uFEFF \r\n\r\n' },
  {
    file: 'zip.csv',
    about: 'a zip archive by another name',
    bytes: Buffer.from('PK\u0003\u0004\u0014\u0000\u0006\u0000binary', 'latin1'),
  },
  { file: 'xls.csv', about: 'an old Excel file by another name', bytes: Buffer.from('d0cf11e0a1b11ae10000', 'hex') },
  { file: 'pdf.csv', about: 'a PDF', bytes: '%PDF-1.7\n%\u00E2\u00E3\n1 0 obj\n' },
  { file: 'gzip.csv', about: 'gzip', bytes: Buffer.from('1f8b0800000000000003', 'hex') },
  {
    file: 'pgp-armored.csv',
    about: 'a PGP message in letters',
    bytes: '-----BEGIN PGP MESSAGE-----\n\nhQEMA0Example\n-----END PGP MESSAGE-----\n',
  },
  { file: 'pgp-binary.csv', about: 'a PGP message in bytes', bytes: Buffer.from('85010c03aabbccddeeff0011', 'hex') },
  {
    file: 'html.csv',
    about: 'a sign-in page that was saved',
    bytes: '<!DOCTYPE html>\n<html><title>Sign in</title></html>\n',
  },
  { file: 'json.csv', about: 'JSON', bytes: '[{"employeeId": "1"}]\n' },
  { file: 'letter.csv', about: 'plain text', bytes: 'Dear all,\nplease find the file attached.\nBest, Ann\n' },
  {
    file: 'upload-unfinished.csv.filepart',
    about: 'an upload that is still going on',
    bytes: lines(HEADER, ANN),
    profile: { fileName: 'people.csv.filepart' },
  },
  { file: 'no-header.csv', about: 'rows without a header', bytes: lines('0001,Ann,Lee,Active', '0002,Bo,Ek,Active') },
  {
    file: 'no-key.csv',
    about: 'a header without a column for the id',
    bytes: lines('First Name,Last Name,Work Email', 'Ann,Lee,ann@example.com'),
  },
  {
    file: 'duplicate-header.csv',
    about: 'two columns of one name',
    bytes: lines('Employee ID,Email,Status,Email', '1,a@example.com,Active,b@example.com'),
  },
  {
    file: 'too-many-columns.csv',
    about: '101 columns',
    bytes: lines(['Employee ID', ...Array.from({ length: 100 }, (_, n) => `c${String(n)}`)].join(',')),
  },
];

/** UTF-8 that was read as Windows-1252 and written as UTF-8 again. */
function cp1252Misread(text: string): string {
  return new TextDecoder('windows-1252').decode(Buffer.from(text));
}

function spliced(text: string): Uint8Array {
  const bytes = Buffer.from(text.replace('Jürgen', 'J?rgen'));
  bytes[bytes.indexOf('?')] = 0xfc;
  return bytes;
}
