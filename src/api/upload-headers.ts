import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { ImportFeed } from '../flows/import-feed.ts';
import { printable } from './printable.ts';

type Said = Pick<Parameters<ImportFeed['receive']>[0], 'fileName' | 'proof'>;

const AS_OF = 'Bridge-Feed-As-Of';

/** What may be said of an upload beside its bytes: none of it is needed, and what is there has to be right. */
const HEADERS = {
  'Bridge-Feed-Rows': z
    .string()
    .regex(/^\d{1,9}$/, 'takes the number of data records, as a whole number')
    .transform(Number),
  'Bridge-Feed-Sha256': z
    .string()
    .regex(/^[\da-f]{64}$/i, 'takes the SHA-256 of the bytes, as 64 hexadecimal digits')
    .toLowerCase(),
  [AS_OF]: z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'takes the date (2026-03-01) or instant (2026-03-01T06:00:00Z) that the file speaks of',
  }),
  'Bridge-Feed-Done': z.literal('true', {
    error: 'takes "true", once the marker that the sender writes last is there',
  }),
  'Bridge-Feed-Name': z
    .string()
    .transform(utf8)
    .refine((name) => printable(255).safeParse(name).success && !/\p{Cc}/u.test(name), {
      error: 'takes the name of the file, 1 to 255 printable characters',
    }),
} as const;

/** For the documentation of the API. */
export const UPLOAD_HEADERS =
  'Bridge-Feed-Rows (data records), Bridge-Feed-Sha256 (of the bytes, in hex), Bridge-Feed-As-Of (date or instant that the file speaks of), Bridge-Feed-Done: true (the marker file is there), Bridge-Feed-Name (of the file)';

/** The headers of an upload. Throws DomainError `request.invalid` that names the one that is not as it has to be. */
export function uploadSays(headers: IncomingHttpHeaders): Said {
  function said<T>(name: keyof typeof HEADERS, schema: z.ZodType<T>): T | undefined {
    const value = headers[name.toLowerCase()];
    if (value === undefined) return undefined;
    const read = schema.safeParse(value);
    if (!read.success) throw refusal(name, read.error.issues[0]?.message ?? 'is not valid');
    return read.data;
  }
  const rows = said('Bridge-Feed-Rows', HEADERS['Bridge-Feed-Rows']);
  const sha256 = said('Bridge-Feed-Sha256', HEADERS['Bridge-Feed-Sha256']);
  const asOf = said(AS_OF, HEADERS[AS_OF]);
  const done = said('Bridge-Feed-Done', HEADERS['Bridge-Feed-Done']);
  const fileName = said('Bridge-Feed-Name', HEADERS['Bridge-Feed-Name']);
  const manifest = {
    ...(rows === undefined ? {} : { rows }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(asOf === undefined ? {} : { asOf }),
  };
  const proof = {
    ...(Object.keys(manifest).length === 0 ? {} : { manifest }),
    ...(done === undefined ? {} : { done: true }),
  };
  return {
    ...(Object.keys(proof).length === 0 ? {} : { proof }),
    ...(fileName === undefined ? {} : { fileName }),
  };
}

/** What the flow finds wrong with an as-of, in the words of who sent it as a header. */
export async function withHeaderNamed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DomainError) || error.places[0]?.path !== 'asOf') throw error;
    const places = error.places.map((place) => ({ ...place, path: `header.${AS_OF}` }));
    throw new DomainError(error.code, `${AS_OF}: ${error.message}`, { places, cause: error });
  }
}

function refusal(name: string, message: string): DomainError {
  return new DomainError('request.invalid', `${name}: ${message}.`, {
    places: [{ path: `header.${name}`, code: 'header', message }],
  });
}

/** Node gives the bytes of a header as Latin-1; who sends other letters than ASCII sends UTF-8. */
function utf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : header;
}
