import { FeedError } from './terms.ts';

const EXPECTED = 'a text file with comma, semicolon, tab or | between the columns';

const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip or Excel (.xlsx) file: save the sheet as CSV, or unpack the archive'],
  [[0x50, 0x4b, 0x05, 0x06], 'an empty zip file'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel (.xls) or Office file: save the sheet as CSV'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF file'],
  [[0x1f, 0x8b], 'a gzip file: unpack it first'],
  [[0x42, 0x5a, 0x68], 'a bzip2 file: unpack it first'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz file: unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd file: unpack it first'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7-Zip archive: unpack it first'],
  [[0x52, 0x61, 0x72, 0x21, 0x1a], 'a RAR archive: unpack it first'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], 'an RTF document'],
  [[0xff, 0xd8, 0xff], 'a JPEG picture'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture'],
];

const TEXTS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^<(!doctype|html|head|body|\?xml|[a-z]+[\s>])/i, 'an HTML or XML page (perhaps a sign-in page that was saved)'],
  [/^[{[]\s*["{[\]}]/, 'a JSON document'],
  [/^-----BEGIN PGP/, 'a PGP message: decrypt it first'],
  [/^-----BEGIN [A-Z0-9 ]+-----/, 'a PEM file: not the export but something encrypted or a key'],
  [/^age-encryption\.org\//, 'an age message: decrypt it first'],
];

/** An OpenPGP packet of encrypted data: old or new tag 1, 3 or 9, then a length that fits one. */
function isPgp([tag = 0, length = 0]: Uint8Array): boolean {
  return (
    (tag === 0x84 || tag === 0x85 || tag === 0x8c || tag === 0xc1 || tag === 0xc3 || tag === 0xd2) && length < 0x10
  );
}

/** Names under which programs write a file that is not finished. */
const UNFINISHED =
  /(\.(filepart|part|partial|tmp|temp|crdownload|download|swp|writing|uploading|lock)|~)$|^(\.~lock|~\$)/i;

/** Throws FeedError `unfinished_upload` where the name is that of a file still being written. */
export function refuseUnfinished(fileName: string | undefined): void {
  const name = fileName?.split(/[/\\]/).at(-1) ?? '';
  if (!UNFINISHED.test(name)) return;
  throw new FeedError(
    'unfinished_upload',
    'a name that programs give to a file they are still writing',
    'the finished file',
  );
}

/** Throws FeedError `not_csv` where the first bytes are those of another kind of file. */
export function refuseBinary(head: Uint8Array): void {
  for (const [signature, what] of SIGNATURES) {
    if (signature.every((byte, at) => head[at] === byte)) throw new FeedError('not_csv', what, EXPECTED);
  }
  if (isPgp(head)) throw new FeedError('not_csv', 'a PGP message: decrypt it first', EXPECTED);
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
