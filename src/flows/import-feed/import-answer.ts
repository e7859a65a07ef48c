import type { Gate } from '../../core/reconcile/plan.ts';
import type { OpenFeed } from '../feed-port.ts';
import type { ImportChanges, ImportCounts, ImportRecord, ImportState } from '../import-port.ts';

export type FeedMode = ImportRecord['mode'];

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
    readonly headerLine: number;
    readonly preset: string;
    readonly confidence: number;
  };
  readonly columns: readonly unknown[];
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
  const shape = record.shape as unknown as OpenFeed['shape'];
  return {
    id: record.id,
    state: record.state,
    preview,
    feed: record.feed,
    mode: record.mode,
    detected: {
      encoding: shape.encoding,
      delimiter: shape.delimiter,
      headerLine: shape.headerLine,
      preset: shape.preset,
      confidence: shape.confidence,
    },
    columns: shape.columns,
    rows: record.counts,
    changes: record.changes,
    gates: record.gates,
    missing: record.missing,
    createdAt: record.createdAt,
    ...(record.acceptedAt === undefined ? {} : { acceptedAt: record.acceptedAt }),
  };
}
