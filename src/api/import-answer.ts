import { z } from 'zod';
import type { ImportAnswer } from '../flows/import-feed.ts';
import type { ImportRow } from '../flows/import-port.ts';
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
      quote: z.string().nullable().describe('around cells'),
      headerLine: z.number().int(),
      preset: z.string(),
      confidence: z.number(),
    }),
    columns: z.array(z.unknown()).describe('each column of the file, the field it was read as, and why'),
    notes: z
      .array(
        z.strictObject({
          code: z.string(),
          message: z.string(),
          places: z
            .array(z.strictObject({ record: count, line: count, header: z.string(), value: z.string() }))
            .describe('up to five cells to look at, masked where they are personal'),
        }),
      )
      .describe('what a person should know of the whole file'),
    trailer: z
      .array(z.strictObject({ line: count, text: z.string() }))
      .describe('total and signature lines at the end that were left out'),
    proof: z
      .enum(['manifest', 'trailer', 'done', 'signs'])
      .nullable()
      .describe('the strongest thing that says that the file is whole; signs: only that nothing speaks against it'),
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

/** What a fix file needs of what the reader found. */
export const shapeSchema = z.object({
  delimiter: z.string(),
  columns: z.array(z.looseObject({ header: z.string() })),
});

export function importAnswer(answer: ImportAnswer): z.output<typeof importSchema> {
  return {
    ...answer,
    id: publicId('imp', answer.id),
    columns: [...answer.columns],
    notes: answer.notes.map(({ code, message, places = [] }) => ({ code, message, places: [...places] })),
    trailer: [...answer.trailer],
    gates: answer.gates.map(gateAnswer),
    missing: [...answer.missing],
    acceptedAt: answer.acceptedAt ?? null,
  };
}

export function rowAnswer({ record, line, outcome, key, problems }: ImportRow): z.output<typeof rowSchema> {
  return { record, line, outcome, key: key ?? null, problems: [...problems] };
}
