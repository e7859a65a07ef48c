import { FeedError, readFeed } from '../../src/feeds/read-feed.ts';
import type { FeedEnd, FeedProfile, FeedRow, FeedShape } from '../../src/feeds/read-feed.ts';
import { bytesOf, CORPUS } from './feed-corpus.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** Milliseconds of this thread on a processor that no file of the campaign may take, at best of three runs. */
export const SLOW_MS = 250;
/** One in so many files is read again in other chunks, and has to give the same. */
const AGAIN_EVERY = 20;
/** One in so many files gets a cell that is larger than any record may be. */
const HUGE_EVERY = 2_000;
const MOST_FINDINGS = 25;
const LARGE = 30_000;

const BASES = CORPUS.filter(({ profile }) => profile?.fileName === undefined).map((each) => ({
  file: each.file,
  bytes: bytesOf(each),
  profile: each.profile ?? {},
}));

export interface FuzzedFile {
  readonly base: string;
  readonly bytes: Uint8Array;
  readonly profile: Partial<FeedProfile>;
  readonly chunk: number;
}

type Mutation = (bytes: Buffer, random: SeededRandom) => Buffer;

const at = (bytes: Buffer, random: SeededRandom): number => random.below(bytes.length + 1);
const insert = (bytes: Buffer, place: number, piece: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)]);
const lineStarts = (bytes: Buffer): readonly number[] => {
  const starts = [0];
  for (const [index, byte] of bytes.entries()) if (byte === 0x0a && index + 1 < bytes.length) starts.push(index + 1);
  return starts;
};
const lineOf = (bytes: Buffer, start: number): Buffer => {
  const end = bytes.indexOf(0x0a, start);
  return bytes.subarray(start, end < 0 ? bytes.length : end + 1);
};

const PIECES: readonly string[] = [
  '"',
  '""',
  "'",
  '\r',
  '\n',
  '\r\n',
  ',',
  ';',
  '\t',
  '|',
  '\u0000',
  '=1+1',
  '1.23457E+11',
  'Total,3',
  '0000-00-00',
  '13/14/2026',
  '45292',
  ' ',
  '\u00A0',
  'Ã©',
  '\uFFFD',
  '\uFEFF',
  'Employee ID',
  'sep=;\n',
  '_import',
  'e\u0301',
  '\u202E',
  'constructor',
  '__proto__',
];
/** Bytes that are no text in one encoding or another: lone surrogates, half characters, marks, overlong forms. */
const BROKEN: readonly (readonly number[])[] = [
  [0xed, 0xa0, 0x80],
  [0xc3],
  [0xf0, 0x9f],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0x80],
  [0xf5, 0x80],
  [0x00, 0xd8],
  [0xd8, 0x00],
  [0xfc],
  [0x80],
];

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let n = random.below(8); n >= 0 && copy.length > 0; n -= 1) {
      const place = random.below(copy.length);
      copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
    }
    return copy;
  },
  (bytes, random) =>
    insert(
      bytes,
      at(bytes, random),
      Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.below(256))),
    ),
  (bytes, random) => insert(bytes, at(bytes, random), Buffer.from(random.pick(PIECES))),
  (bytes, random) => insert(bytes, at(bytes, random), Buffer.from(random.pick(BROKEN))),
  (bytes, random) => {
    const place = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + random.below(40))]);
  },
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => {
    const line = lineOf(bytes, random.pick(lineStarts(bytes)));
    return insert(bytes, random.pick(lineStarts(bytes)), line);
  },
  (bytes, random) => {
    const start = random.pick(lineStarts(bytes));
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + lineOf(bytes, start).length)]);
  },
  (bytes, random) => {
    const other = Buffer.from(random.pick(BASES).bytes);
    const from = at(other, random);
    return insert(bytes, at(bytes, random), other.subarray(from, from + random.below(400)));
  },
  (bytes, random) => {
    const [from, to] = [
      random.pick([0x2c, 0x3b, 0x09, 0x7c]),
      random.pick([0x2c, 0x3b, 0x09, 0x7c, 0x22, 0x27, 0x0a, 0x0d]),
    ];
    const whole = random.chance(0.5);
    return Buffer.from(bytes.map((byte) => (byte === from && (whole || random.chance(0.2)) ? to : byte)));
  },
  (bytes, random) =>
    insert(
      bytes,
      at(bytes, random),
      Buffer.from(
        random.pick(['x', 'é', '"', ',', '\n', "'", '💡']).repeat(1 + random.below(random.chance(0.1) ? 9_000 : 200)),
      ),
    ),
  (bytes) => Buffer.from(bytes.toString('latin1'), 'utf8'),
  (bytes) => Buffer.from(bytes.toString('utf8'), 'utf16le'),
  (bytes) => Buffer.from(bytes.toString('utf8'), 'latin1'),
  (bytes) => (bytes.length % 2 === 0 ? Buffer.from(bytes).swap16() : bytes),
  (bytes, random) => {
    const lines = lineStarts(bytes).map((start) => lineOf(bytes, start));
    for (let n = lines.length - 1; n > 0; n -= 1) {
      const other = random.below(n + 1);
      [lines[n], lines[other]] = [lines[other] ?? Buffer.alloc(0), lines[n] ?? Buffer.alloc(0)];
    }
    return Buffer.concat(lines);
  },
];

/** The same file for the same seed and index, always. */
export function fuzzedFile(seed: number, index: number): FuzzedFile {
  const random = seededRandom(seed, index);
  const base = random.pick(BASES);
  let bytes: Buffer = Buffer.from(base.bytes);
  for (let n = random.below(5); n >= 0; n -= 1) {
    bytes = random.pick(MUTATIONS)(bytes, random);
    if (bytes.length > LARGE) bytes = bytes.subarray(0, LARGE);
  }
  if (index % HUGE_EVERY === HUGE_EVERY - 1) {
    bytes = insert(
      bytes,
      at(bytes, random),
      Buffer.from(`"${random.pick(['x', 'a,b\n', '""'])}`.padEnd(1_100_000, 'y')),
    );
  }
  const told: Partial<FeedProfile> = random.chance(0.6) ? { ...base.profile } : {};
  const more: Partial<FeedProfile> = random.chance(0.8)
    ? {}
    : random.pick<Partial<FeedProfile>>([
        { delimiter: random.pick([',', ';', '\t', '|', '^']) },
        { quote: random.pick(['"', "'"] as const) },
        { encoding: random.pick(['utf-8', 'windows-1252', 'utf-16le', 'utf-16be']) },
        { repairText: true },
        { expected: { earlier: { keyWidth: 6, topKeys: ['9', '8', '7'], delimiter: ',' }, trailer: true } },
      ]);
  const profile: Partial<FeedProfile> = { ...told, ...more };
  return { base: base.file, bytes, profile, chunk: random.pick([1, 2, 3, 7, 64, 1_000, 65_536, 65_536, 65_536]) };
}

export interface FeedFuzzReport {
  readonly seed: number;
  readonly files: number;
  readonly seconds: number;
  readonly rows: number;
  /** Files by verdict: `read`, `read, doubted`, or the code of a refusal. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** Rows by outcome, and problems by code. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly problems: ReadonlyMap<string, number>;
  readonly slowest: { readonly ms: number; readonly index: number };
  readonly findings: readonly { readonly index: number; readonly base: string; readonly problem: string }[];
}

/** Reads `files` fuzzed files. Findings are collected, never thrown. */
export async function runFeedFuzz(options: {
  readonly seed: number;
  readonly files: number;
  readonly first?: number;
  readonly progress?: (done: number, findings: number) => void;
}): Promise<FeedFuzzReport> {
  const { seed, files, first = 0 } = options;
  const started = performance.now();
  const verdicts = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const problems = new Map<string, number>();
  const findings: { index: number; base: string; problem: string }[] = [];
  const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  let slowest = { ms: 0, index: 0 };
  let rows = 0;
  let done = 0;
  for (let index = first; index < first + files && findings.length < MOST_FINDINGS; index += 1) {
    const file = fuzzedFile(seed, index);
    const finds = (problem: string): void => void findings.push({ index, base: file.base, problem });
    let ms = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3 && ms >= SLOW_MS; run += 1) {
      const from = process.threadCpuUsage();
      const result = await readFuzzed(file, file.chunk);
      const { user, system } = process.threadCpuUsage(from);
      ms = Math.min(ms, (user + system) / 1000);
      if (run > 0) continue;
      for (const problem of faultsOf(result)) finds(problem);
      add(verdicts, verdictOf(result));
      if (result.kind !== 'read') continue;
      rows += result.rows.length;
      for (const row of result.rows) {
        add(outcomes, row.outcome);
        for (const { code } of row.problems) add(problems, code);
      }
      if (index % AGAIN_EVERY === 0) {
        const again = await readFuzzed(file, file.chunk === 65_536 ? 5 : 65_536);
        if (JSON.stringify(again) !== JSON.stringify(result)) finds('gives something else in other chunks');
      }
    }
    if (ms >= SLOW_MS) finds(`takes ${ms.toFixed(0)} ms at best`);
    if (ms > slowest.ms) slowest = { ms, index };
    done += 1;
    if (done % 10_000 === 0) options.progress?.(done, findings.length);
  }
  const seconds = (performance.now() - started) / 1000;
  return { seed, files: done, seconds, rows, verdicts, outcomes, problems, slowest, findings };
}

type Result =
  | { readonly kind: 'read'; readonly shape: FeedShape; readonly rows: readonly FeedRow[]; readonly end: FeedEnd }
  | { readonly kind: 'refused'; readonly error: FeedError }
  | { readonly kind: 'crashed'; readonly error: string };

async function readFuzzed({ bytes, profile }: FuzzedFile, chunk: number): Promise<Result> {
  async function* source(): AsyncGenerator<Uint8Array> {
    const size = Math.max(chunk, Math.ceil(bytes.length / 500));
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }
  try {
    const feed = await readFeed(source(), { today: '2026-03-02', companyTimeZone: 'Europe/Berlin', ...profile });
    const rows: FeedRow[] = [];
    for await (const row of feed.rows) rows.push(row);
    return { kind: 'read', shape: feed.shape, rows, end: feed.end() };
  } catch (error) {
    if (error instanceof FeedError) return { kind: 'refused', error };
    return { kind: 'crashed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function verdictOf(result: Result): string {
  if (result.kind === 'refused') return result.error.code;
  if (result.kind === 'crashed') return 'crashed';
  return result.end.completeness.some(({ certain }) => certain) ? 'read, doubted' : 'read';
}

/** What a file must never do: crash, lose or invent rows, accept what is broken, or refuse without saying why. */
function faultsOf(result: Result): readonly string[] {
  if (result.kind === 'crashed') return [`crashes: ${result.error}`];
  if (result.kind === 'refused') {
    const { code, found, expected } = result.error;
    return found === '' || expected === '' ? [`is refused (${code}) without an explanation`] : [];
  }
  const { rows, end, shape } = result;
  const faults: string[] = [];
  if (end.read !== rows.length) faults.push(`says ${String(end.read)} rows and gives ${String(rows.length)}`);
  if (!(shape.confidence >= 0 && shape.confidence <= 1)) faults.push(`is ${String(shape.confidence)} sure`);
  const unexplained = [...end.completeness, ...shape.notes, ...end.notes].filter(({ message }) => message === '');
  if (unexplained.length > 0) faults.push('has a doubt or a note without a sentence');
  const people = new Map<string, number[]>();
  for (const [index, row] of rows.entries()) {
    if (row.record !== index + 1) faults.push(`record ${String(row.record)} comes as number ${String(index + 1)}`);
    const fault = faultOf(row, people);
    if (fault !== undefined) faults.push(`record ${String(row.record)} ${fault}`);
  }
  const instead = new Set(end.standing.map((one) => one.instead));
  for (const [key, records] of people) {
    if (records.filter((record) => !instead.has(record)).length > 1) faults.push(`speaks twice of ${key}`);
  }
  for (const { key, record, instead: other } of end.standing) {
    const known = rows[record - 1]?.key === key && rows[other - 1]?.key === key && record > other;
    if (!known) faults.push(`lets record ${String(record)} stand instead of ${String(other)}`);
  }
  for (const { key, firstRecord } of end.conflictingKeys) {
    if (rows[firstRecord - 1]?.key !== key)
      faults.push(`a conflict names record ${String(firstRecord)}, which is not of ${key}`);
  }
  return faults;
}

function faultOf(
  { record, outcome, problems, hr, key, repeats, furtherOf }: FeedRow,
  people: Map<string, number[]>,
): string | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (problems.some(({ message }) => message === '')) return 'has a problem without a sentence';
  if (outcome === 'accepted' && (problems.length > 0 || hr === undefined))
    return 'is accepted with problems or without a person';
  if (outcome === 'warned' && (problems.length === 0 || errors > 0))
    return 'is warned without a warning, or with an error';
  if (outcome === 'warned' && hr === undefined && repeats === undefined && furtherOf === undefined)
    return 'is warned and says nothing';
  if ((outcome === 'quarantined' || outcome === 'rejected') && (errors === 0 || hr !== undefined))
    return 'is bad without an error, or speaks all the same';
  if ((outcome === 'rejected') !== (key === undefined)) return 'has a key and is rejected, or has none and is not';
  if (hr === undefined) return undefined;
  if (hr.personKey !== key) return 'speaks of somebody else than its key';
  people.set(hr.personKey, [...(people.get(hr.personKey) ?? []), record]);
  for (const value of Object.values(hr) as readonly unknown[])
    if (typeof value === 'string' && /[\u0000-\u001F\u007F\uFFFD]/.test(value))
      return 'has a broken character in an accepted value';
  if (hr.start !== undefined && hr.end !== undefined && hr.end < hr.start) return 'ends before it starts';
  return undefined;
}
