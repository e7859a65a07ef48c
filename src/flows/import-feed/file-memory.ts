import { DomainError } from '../../core/errors.ts';
import type { FileFingerprint } from '../../core/reconcile/file-fingerprint.ts';
import type { FeedPolicy } from '../../core/reconcile/policy.ts';
import type { FeedExpectation, FeedMemory, FeedShape } from '../feed-port.ts';
import type { ImportRecord } from '../import-port.ts';
import type { TenantStore } from '../ports.ts';
import type { Found } from './tally.ts';

/** What an upload brings to prove that its file is whole. */
export interface UploadProof {
  /** Data records, SHA-256 of the bytes in hex, and the date (`YYYY-MM-DD`) or instant that the file speaks of. */
  readonly manifest?: { readonly rows?: number; readonly sha256?: string; readonly asOf?: string };
  /** The marker file that the sender writes last is there. */
  readonly done?: boolean;
}

/** What is kept of a file, beside its rows, for the judgement on the next one of its feed. */
export interface FileMemory {
  readonly bytes?: number;
  readonly proof: 'manifest' | 'trailer' | 'done' | 'signs';
  readonly finalNewline: boolean;
  /** The last keys in the order of the file, the very last first: what a cut takes away. */
  readonly tail: readonly string[];
  /** The latest instant that this file or one before it is known to speak of. */
  readonly asOf?: string;
  readonly fingerprint: FileFingerprint;
  readonly reader: FeedMemory;
}

const DAY = 86_400_000;
const AS_OF = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

export function memoryOf({ shape }: ImportRecord): FileMemory | undefined {
  return shape['memory'] as FileMemory | undefined;
}

export function rememberFile(record: ImportRecord, { end, tally, asOf }: Found): FileMemory {
  const { columns } = record.shape as unknown as FeedShape;
  const evidence = end.evidence;
  return {
    ...(evidence === undefined ? {} : { bytes: evidence.bytes }),
    proof: evidence?.proof ?? 'signs',
    finalNewline: !end.completeness.some(({ code }) => code === 'no_final_newline'),
    tail: tally.tail,
    ...(asOf === undefined ? {} : { asOf }),
    fingerprint: {
      rows: tally.fill.rows,
      filled: tally.fill.filled,
      columns: Object.fromEntries(
        columns.flatMap(({ field, header, looksLike }) => {
          return field === null ? [] : [[field, { header, ...(looksLike === undefined ? {} : { looksLike }) }]];
        }),
      ),
    },
    reader: evidence?.remember ?? {},
  };
}

/** What the reader is told of the files before. Only a full file is compared with the full ones. */
export async function expectationOf(
  store: TenantStore,
  feed: string,
  declared: FeedPolicy,
  mode: ImportRecord['mode'],
  upload: UploadProof,
): Promise<FeedExpectation> {
  const { manifest, done } = upload;
  const given: FeedExpectation = {
    ...(manifest === undefined ? {} : { manifest }),
    ...(done === true ? { done } : {}),
  };
  if (mode !== 'full') return given;
  const memories = (await store.imports.recentFull(feed)).map(memoryOf).filter((memory) => memory !== undefined);
  const [last] = memories;
  const sizes = memories.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes])).sort((one, other) => one - other);
  const medianBytes = sizes[Math.floor(sizes.length / 2)];
  const trailer = declared.proof === 'trailer' || last?.proof === 'trailer';
  // Columns and the end of the file are judged with the rows: see file-fingerprint and file-doubts.
  const { delimiter, keyWidth } = last?.reader ?? {};
  const earlier: FeedExpectation['earlier'] = {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(keyWidth === undefined ? {} : { keyWidth }),
    ...(medianBytes === undefined ? {} : { medianBytes }),
  };
  return {
    ...given,
    ...(declared.proof === 'done' ? { done: done === true } : {}),
    ...(trailer ? { trailer } : {}),
    earlier,
  };
}

/** The instant of an as-of. Throws DomainError `request.invalid` where it is none, or lies more than a day ahead. */
export function readAsOf(asOf: string | undefined, now: string): string | undefined {
  if (asOf === undefined) return undefined;
  const time = AS_OF.test(asOf) ? Date.parse(asOf) : Number.NaN;
  const fault = Number.isNaN(time)
    ? 'is neither a date (2026-03-01) nor an instant (2026-03-01T06:00:00Z)'
    : time > Date.parse(now) + DAY
      ? 'lies in the future'
      : undefined;
  if (fault === undefined) return new Date(time).toISOString();
  throw new DomainError('request.invalid', `The as-of of the file ${fault}.`, {
    places: [{ path: 'asOf', code: 'as_of', message: `"${asOf.slice(0, 40)}" ${fault}.` }],
  });
}

/** A file that speaks of an earlier time than the one in force would take back what that one said. */
export function refuseReplay(asOf: string | undefined, inForce: ImportRecord | null): void {
  const known = inForce === null ? undefined : memoryOf(inForce)?.asOf;
  if (asOf === undefined || known === undefined || asOf >= known) return;
  throw new DomainError(
    'conflict',
    `This file speaks of ${asOf}, and the one in force of ${known}: an older file is not taken over a newer one. Nothing was stored.`,
    { places: [{ path: 'asOf', code: 'replay', message: `older than ${known}` }] },
  );
}
