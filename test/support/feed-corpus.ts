import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { readAll } from '../feeds/reading.ts';
import { FeedError } from '../../src/feeds/read-feed.ts';
import { BYTES, NO_TABLE } from './feed-corpus-bytes.ts';
import type { CorpusFile } from './feed-corpus-file.ts';
import { PEOPLE } from './feed-corpus-people.ts';
import { SYSTEMS } from './feed-corpus-systems.ts';

/** Every file of the corpus; the bytes stand in test/fixtures/feeds, what is expected of each in expected.json beside them. */
export const CORPUS: readonly CorpusFile[] = [...BYTES, ...NO_TABLE, ...PEOPLE, ...SYSTEMS];

export const CORPUS_FOLDER = fileURLToPath(new URL('../fixtures/feeds/', import.meta.url));
export const EXPECTED_FILE = 'expected.json';

/** What became of a file, as the table of expectations writes it. Rows and people are lines, to be read. */
export interface Outcome {
  readonly about: string;
  /** `rows`, or the code of the error that refuses the file. */
  readonly verdict: string;
  readonly found?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly headerLine?: number;
  readonly preset?: string;
  readonly confidence?: number;
  readonly columns?: Readonly<Record<string, string>>;
  readonly rows?: string;
  readonly people?: readonly string[];
  /** `record/line header: code`. */
  readonly problems?: readonly string[];
  readonly notes?: readonly string[];
  readonly doubts?: readonly string[];
  readonly conflicts?: readonly string[];
  /** Rows of several employments that another row, known later, stands for. */
  readonly standing?: readonly string[];
  readonly proof?: string;
}

export async function outcomeOf({ about, profile }: CorpusFile, bytes: Uint8Array): Promise<Outcome> {
  try {
    const { shape, rows, end } = await readAll(bytes, profile);
    const count = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length;
    const columns = shape.columns.flatMap(({ field, header }) => (field === null ? [] : [[field, header]]));
    return {
      about,
      verdict: 'rows',
      encoding: shape.encoding,
      delimiter: shape.delimiter,
      headerLine: shape.headerLine,
      preset: shape.preset,
      confidence: shape.confidence,
      columns: Object.fromEntries(columns) as Record<string, string>,
      rows: `read ${String(end.read)} = accepted ${String(count('accepted'))} + warned ${String(count('warned'))} + quarantined ${String(count('quarantined'))} + rejected ${String(count('rejected'))}; skipped ${String(end.skipped)}`,
      people: rows.flatMap(({ hr, employments }) => {
        if (hr === undefined) return [];
        const dates = `${hr.start ?? ''}..${hr.end ?? ''}`;
        const name = [hr.given, hr.family, hr.display].filter((part) => part !== undefined).join(' ');
        const more = [
          hr.workerType === 'employee' ? '' : hr.workerType,
          hr.managerKey === undefined ? '' : `under ${hr.managerKey}`,
          hr.workEmail ?? '',
          employments === undefined ? '' : `${String(employments.length)} employments`,
        ];
        return [[hr.personKey, hr.status, dates, name, ...more].filter((part) => part !== '').join(' ')];
      }),
      problems: rows.flatMap(({ record, line, problems }) =>
        problems.map(
          ({ code, header, severity }) =>
            `${String(record)}/${String(line)} ${header ?? '-'}: ${code}${severity === 'error' ? '!' : ''}`,
        ),
      ),
      notes: [...shape.notes, ...end.notes].map(({ code, places }) =>
        [code, ...(places ?? []).map(({ line, header, value }) => `${String(line)} ${header} ${value}`)].join(' | '),
      ),
      doubts: end.completeness.map(({ code, certain }) => (certain ? `${code}!` : code)),
      conflicts: end.conflictingKeys.map(({ key, firstRecord }) => `${key} first in ${String(firstRecord)}`),
      ...(end.standing.length === 0
        ? {}
        : {
            standing: end.standing.map((one) => `${one.key}: ${String(one.record)} instead of ${String(one.instead)}`),
          }),
      proof: end.evidence.proof,
    };
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    return { about, verdict: error.code, found: error.found };
  }
}

export const bytesOf = ({ bytes }: CorpusFile): Uint8Array => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

/** `node test/support/feed-corpus.ts` writes the files; with `--outcomes` also what is read of them, to be looked at. */
async function write(outcomes: boolean): Promise<void> {
  mkdirSync(CORPUS_FOLDER, { recursive: true });
  const names = new Set([EXPECTED_FILE, ...CORPUS.map(({ file }) => file)]);
  for (const name of readdirSync(CORPUS_FOLDER)) if (!names.has(name)) rmSync(CORPUS_FOLDER + name);
  const table: Record<string, Outcome> = {};
  for (const each of CORPUS) {
    writeFileSync(CORPUS_FOLDER + each.file, bytesOf(each));
    table[each.file] = await outcomeOf(each, bytesOf(each));
  }
  if (outcomes) writeFileSync(CORPUS_FOLDER + EXPECTED_FILE, `${JSON.stringify(table, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(process.argv.includes('--outcomes'));
