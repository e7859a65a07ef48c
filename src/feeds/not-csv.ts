import { FeedError } from './feed.ts';

const EXPECTED = 'a text file with comma, semicolon, tab or | between the columns';

const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip or Excel (.xlsx) file: save the sheet as CSV, or unpack the archive'],
  [[0x50, 0x4b, 0x05, 0x06], 'an empty zip file'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel (.xls) or Office file: save the sheet as CSV'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF file'],
  [[0x1f, 0x8b], 'a gzip file: unpack it first'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture'],
];

const TEXTS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^<(!doctype|html|head|body|\?xml|[a-z]+[\s>])/i, 'an HTML or XML page (perhaps a sign-in page that was saved)'],
  [/^[{[]\s*["{[\]}]/, 'a JSON document'],
  [/^-----BEGIN PGP/, 'a PGP message: decrypt it first'],
];

/** Throws FeedError `not_csv` where the first bytes are those of another kind of file. */
export function refuseBinary(head: Uint8Array): void {
  for (const [signature, what] of SIGNATURES) {
    if (signature.every((byte, at) => head[at] === byte)) throw new FeedError('not_csv', what, EXPECTED);
  }
}

/** Throws FeedError where decoded text is empty, another format, or mostly control characters. */
export function refuseOtherText(text: string): void {
  const start = text.slice(0, 4096).trimStart();
  if (text.trim() === '') throw new FeedError('empty_file', 'nothing but blanks', 'a CSV file with a header row');
  for (const [pattern, what] of TEXTS) {
    if (pattern.test(start)) throw new FeedError('not_csv', what, EXPECTED);
  }
  const controls = start.replaceAll(/[\t\r\n]|[^\u0000-\u001F]/g, '').length;
  if (controls > start.length / 20) throw new FeedError('not_csv', 'binary data', EXPECTED);
}
