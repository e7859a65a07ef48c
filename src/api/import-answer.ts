import { z } from 'zod';
import type { ImportAnswer } from '../flows/import-feed.ts';
import type { ImportRecord, ImportRow } from '../flows/import-port.ts';
import { gateAnswer, gateSchema } from './gate.ts';
import { publicId } from './ids.ts';

export const OUTCOMES = ['accepted', 'warned', 'quarantined', 'rejected'] as const;

const count = z.number().int();

export const importSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(['receiving', 'accepted', 'held', 'rejected', 'released']),
    preview: z.boolean(),
    feed: z.string(),
    mode: z.enum(['full', 'upsert', 'delta']),
    detected: z.strictObject({
      encoding: z.string(),
      delimiter: z.string(),
      headerLine: z.number().int(),
      preset: z.string(),
      confidence: z.number(),
    }),
    columns: z.array(z.unknown()).describe('each column of the file, the field it was read as, and why'),
    rows: z
      .strictObject({
        read: count,
        accepted: count,
        warned: count,
        quarantined: count,
        rejected: count,
        skipped: count,
      })
      .describe('read = accepted + warned + quarantined + rejected'),
    changes: z.strictObject({ joiners: count, movers: count, leavers: count, vanished: count }),
    gates: z.array(gateSchema),
    missing: z.array(z.string()).describe('keys of people that the file lacks, first 1,000'),
    createdAt: z.string(),
    acceptedAt: z.string().nullable(),
  })
  .meta({ id: 'Import' });

export const rowSchema = z
  .strictObject({
    record: z.number().int(),
    line: z.number().int(),
    outcome: z.enum(OUTCOMES),
    key: z.string().nullable(),
    problems: z.array(z.record(z.string(), z.unknown())).describe('code, severity, column, value, message, suggestion'),
  })
  .meta({ id: 'ImportRow' });

/** What the reader found, as stored with the import. */
export const shapeSchema = z.object({
  encoding: z.string(),
  delimiter: z.string(),
  headerLine: z.number(),
  preset: z.string(),
  confidence: z.number(),
  columns: z.array(z.looseObject({ header: z.string() })),
});

export function fromRecord(record: ImportRecord): ImportAnswer {
  const { columns, ...detected } = shapeSchema.parse(record.shape);
  const { id, state, feed, mode, counts, changes, gates, missing, createdAt, acceptedAt } = record;
  return {
    ...{ id, state, preview: false, feed, mode, detected, columns, rows: counts, changes, gates, missing, createdAt },
    ...(acceptedAt === undefined ? {} : { acceptedAt }),
  };
}

export function importAnswer(answer: ImportAnswer): z.output<typeof importSchema> {
  return {
    ...answer,
    id: publicId('imp', answer.id),
    columns: [...answer.columns],
    gates: answer.gates.map(gateAnswer),
    missing: [...answer.missing],
    acceptedAt: answer.acceptedAt ?? null,
  };
}

export function rowAnswer({ record, line, outcome, key, problems }: ImportRow): z.output<typeof rowSchema> {
  return { record, line, outcome, key: key ?? null, problems: [...problems] };
}
