import { DomainError } from '../../src/core/errors.ts';
import { errorAnswer } from '../../src/scim/facade/errors.ts';
import { watchBuiltins } from './builtins.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** Milliseconds that no input may take. */
export const SLOW_MS = 50;
/** Inputs between two full looks at the builtins. */
const LOOK_EVERY = 1000;
/** A run that finds that much need not go on. */
const MOST_FINDINGS = 25;

/** Milliseconds of this thread on a processor: what else the machine does meanwhile is not the input's fault. */
export function startTimer(): () => number {
  const from = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(from);
    return (user + system) / 1000;
  };
}

/** What an input must not do; its text goes into the report. */
export class Violation extends Error {}

export interface Finding {
  readonly problem: string;
  readonly index: number;
  readonly input: unknown;
}

export interface FuzzReport {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  /** Inputs, and how many of them were taken, by kind. */
  readonly kinds: ReadonlyMap<string, { readonly inputs: number; readonly taken: number }>;
  /** Error codes of the refused ones. */
  readonly refused: ReadonlyMap<string, number>;
  /** The slowest input, by the best of its runs, in milliseconds. */
  readonly slowest: { readonly ms: number; readonly kind: string; readonly index: number };
  /** Inputs that were run again because they took too long the first time. */
  readonly repeated: number;
  readonly propertiesCompared: number;
  readonly findings: readonly Finding[];
}

export interface Fuzz<I extends { readonly kind: string }> {
  generate(random: SeededRandom): I;
  /** The timed part. Throws DomainError for a refusal, Violation for a finding; anything else is a crash. */
  run(input: I): void;
  /** The part that every so many inputs take: store and HTTP. Throws Violation. */
  sample(input: I, index: number, taken: boolean): Promise<void>;
}

/** Runs generated inputs, each from a sequence of its own. Findings are collected, never thrown. */
export async function runFuzz<I extends { readonly kind: string }>(
  fuzz: Fuzz<I>,
  options: {
    readonly seed: number;
    readonly inputs: number;
    readonly first?: number;
    /** Findings after which it ends. */
    readonly most?: number;
    readonly progress?: (done: number, findings: number) => void;
    readonly found?: (finding: Finding) => void;
  },
): Promise<FuzzReport> {
  const { seed, inputs, first = 0 } = options;
  const last = first + inputs;
  return runInputs(fuzz, options, function* () {
    for (let index = first; index < last; index += 1) yield [index, fuzz.generate(seededRandom(seed, index))] as const;
  });
}

/** Runs the one input of a finding again. */
export async function replayFuzz<I extends { readonly kind: string }>(
  fuzz: Fuzz<I>,
  input: I,
  found?: (finding: Finding) => void,
): Promise<FuzzReport> {
  return runInputs(fuzz, { seed: 0, ...(found === undefined ? {} : { found }) }, function* () {
    yield [0, input] as const;
  });
}

async function runInputs<I extends { readonly kind: string }>(
  fuzz: Fuzz<I>,
  options: {
    readonly seed: number;
    readonly most?: number;
    readonly progress?: (done: number, findings: number) => void;
    readonly found?: (finding: Finding) => void;
  },
  inputs: () => Iterable<readonly [number, I]>,
): Promise<FuzzReport> {
  const started = performance.now();
  const kinds = new Map<string, { inputs: number; taken: number }>();
  const refused = new Map<string, number>();
  const findings: Finding[] = [];
  const builtins = watchBuiltins();
  let slowest = { ms: 0, kind: '', index: 0 };
  let repeated = 0;
  let done = 0;

  for (const [index, input] of inputs()) {
    const finds = (problem: string): void => {
      const finding = { problem, index, input };
      findings.push(finding);
      options.found?.(finding);
    };
    const { taken, code, ms } = await one(index, input, finds);
    const kind = kinds.get(input.kind) ?? { inputs: 0, taken: 0 };
    kinds.set(input.kind, { inputs: kind.inputs + 1, taken: kind.taken + (taken ? 1 : 0) });
    if (code !== undefined) refused.set(code, (refused.get(code) ?? 0) + 1);
    if (ms > slowest.ms) slowest = { ms, kind: input.kind, index };
    done += 1;
    // What grows is told with the input that did it; what else may change, with the last of the thousand.
    if (builtins.hasGrown() || done % LOOK_EVERY === 0) for (const change of builtins.changes()) finds(change);
    if (done % 10_000 === 0) options.progress?.(done, findings.length);
    if (findings.length >= (options.most ?? MOST_FINDINGS)) break;
  }
  for (const change of builtins.changes()) {
    findings.push({ problem: change, index: done, input: 'one of the last thousand inputs' });
  }
  return {
    seed: options.seed,
    inputs: done,
    seconds: (performance.now() - started) / 1000,
    kinds,
    refused,
    slowest,
    repeated,
    propertiesCompared: builtins.compared,
    findings,
  };

  async function one(index: number, input: I, finds: (problem: string) => void) {
    let taken = false;
    let code: string | undefined;
    let ms = Infinity;
    const attempt = (): void => {
      const timer = startTimer();
      try {
        fuzz.run(input);
        taken = true;
      } catch (error) {
        code = refusalOf(error);
      } finally {
        ms = Math.min(ms, timer());
      }
    };
    try {
      attempt();
      // Others use the machine too: only what is slow each time is slow.
      if (ms >= SLOW_MS || ms > Math.max(slowest.ms, 5)) {
        if (ms >= SLOW_MS) repeated += 1;
        for (let again = 0; again < 5; again += 1) attempt();
      }
      if (ms >= SLOW_MS) finds(`takes ${ms.toFixed(1)} ms at best`);
      await fuzz.sample(input, index, taken);
    } catch (error) {
      finds(problemOf(error));
    }
    return { taken, code, ms };
  }
}

/** The code of an error that the facade tells to the client as the client's own mistake; throws anything else. */
function refusalOf(error: unknown): string {
  const { status } = errorAnswer(error);
  if (!(error instanceof DomainError)) throw error;
  if (status < 400 || status > 499) throw new Violation(`is answered ${status} (${error.code})`);
  return error.code;
}

function problemOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return `crashes: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** The figures of a report, as lines. */
export function figuresOf(report: FuzzReport): readonly string[] {
  const taken = [...report.kinds.values()].reduce((sum, kind) => sum + kind.taken, 0);
  const kinds = [...report.kinds].sort(([left], [right]) => (left < right ? -1 : 1));
  const codes = [...report.refused].sort(([, left], [, right]) => right - left);
  const { slowest } = report;
  return [
    `inputs ${report.inputs}, seed ${report.seed}, ${report.seconds.toFixed(1)} s`,
    `taken ${taken}, refused ${report.inputs - taken}: ${codes.map(([code, count]) => `${code} ${count}`).join(', ')}`,
    ...kinds.map(([kind, { inputs, taken: some }]) => `  ${kind}: ${inputs} inputs, ${some} taken`),
    `slowest, best of its runs: ${slowest.ms.toFixed(2)} ms of processor time (${slowest.kind}, input ${slowest.index}); over ${SLOW_MS} ms at first and run again: ${report.repeated}`,
    `builtins: ${report.propertiesCompared} properties compared`,
    `findings: ${report.findings.length}`,
  ];
}
