import type { Gate } from '../../core/reconcile/plan.ts';
import type { FeedEnd, FeedShape } from '../feed-port.ts';
import type { ImportChanges, ImportCounts, ImportRecord, ImportState } from '../import-port.ts';
import { type FileMemory, memoryOf } from './file-memory.ts';

export type FeedMode = ImportRecord['mode'];

export interface FileNote {
  readonly code: string;
  readonly message: string;
  /** Up to five cells to look at, masked where they are personal. */
  readonly places?: readonly {
    readonly record: number;
    readonly line: number;
    readonly header: string;
    readonly value: string;
  }[];
}

/** As it is stored; imports of earlier versions lack the last three. */
interface Shape extends Omit<FeedShape, 'notes'> {
  readonly quote?: string;
  readonly notes?: readonly FileNote[];
  readonly trailer?: NonNullable<FeedEnd['trailer']>['lines'];
}

/** What `POST /feeds/{feed}/imports` answers. */
export interface ImportAnswer {
  readonly id: string;
  readonly state: ImportState;
  readonly preview: boolean;
  readonly feed: string;
  readonly mode: FeedMode;
  readonly detected: {
    readonly encoding: string;
    readonly delimiter: string;
    /** Around cells; null in imports of earlier versions. */
    readonly quote: string | null;
    readonly headerLine: number;
    readonly preset: string;
    readonly confidence: number;
  };
  readonly columns: readonly unknown[];
  /** What a person should know of the whole file. */
  readonly notes: readonly FileNote[];
  /** Total and signature lines at the end, which are no rows. */
  readonly trailer: readonly { readonly line: number; readonly text: string }[];
  /** The strongest thing that says that the file is whole; null until it was judged. */
  readonly proof: FileMemory['proof'] | null;
  readonly rows: ImportCounts;
  readonly changes: ImportChanges;
  readonly gates: readonly Gate[];
  /** Keys of people that the file lacks, first 1,000. */
  readonly missing: readonly string[];
  readonly createdAt: string;
  readonly acceptedAt?: string;
}

/** The answer of an import as it stands now; `GET /imports/{id}` gives the same. */
export function answer(record: ImportRecord, preview: boolean): ImportAnswer {
  const shape = record.shape as unknown as Shape;
  return {
    id: record.id,
    state: record.state,
    preview,
    feed: record.feed,
    mode: record.mode,
    detected: {
      encoding: shape.encoding,
      delimiter: shape.delimiter,
      quote: shape.quote ?? null,
      headerLine: shape.headerLine,
      preset: shape.preset,
      confidence: shape.confidence,
    },
    columns: shape.columns,
    notes: shape.notes ?? [],
    trailer: shape.trailer ?? [],
    proof: memoryOf(record)?.proof ?? null,
    rows: record.counts,
    changes: record.changes,
    gates: record.gates,
    missing: record.missing,
    createdAt: record.createdAt,
    ...(record.acceptedAt === undefined ? {} : { acceptedAt: record.acceptedAt }),
  };
}
