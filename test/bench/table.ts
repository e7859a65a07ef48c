import { type Row, type Sample, type Section, type Verdict, median } from './section.ts';

/** What was measured in all rounds, by name. */
export type Figures = ReadonlyMap<string, readonly number[]>;

export function figuresOf(samples: readonly Sample[]): Figures {
  const figures = new Map<string, number[]>();
  for (const [name, value] of samples.flatMap((sample) => Object.entries(sample))) {
    figures.set(name, [...(figures.get(name) ?? []), value]);
  }
  return figures;
}

export interface Judged {
  readonly text: string;
  readonly value: number;
  readonly unit: Verdict['unit'];
  readonly bar?: Verdict['bar'];
  readonly verdict: 'pass' | 'FAIL' | 'reached' | 'missed' | 'told';
}

export function judged(verdict: Verdict, figures: Figures): Judged {
  const value = verdict.value((of) => median(figures.get(of) ?? []));
  return { text: verdict.text, value, unit: verdict.unit, bar: verdict.bar, verdict: wordFor(value, verdict.bar) };
}

function wordFor(value: number, bar: Verdict['bar']): Judged['verdict'] {
  if (bar === undefined) return 'told';
  // Written so that what is no number fails.
  if ('least' in bar) return value >= bar.least ? 'pass' : 'FAIL';
  if ('most' in bar) return value <= bar.most ? 'pass' : 'FAIL';
  return value >= bar.aim ? 'reached' : 'missed';
}

/** Answers that were errors, over all rounds: figures with errors among them are worth nothing. */
export function errorsIn(figures: Figures): number {
  const counts = [...figures].flatMap(([name, values]) => (name.endsWith('.errors') ? values : []));
  return counts.reduce((sum, count) => sum + count, 0);
}

const LABEL = 44;

export function printSection(section: Section, figures: Figures, print: (line?: string) => void): void {
  print();
  print(section.title);
  for (const note of section.notes) print(`  ${note}`);
  print(`  ${''.padEnd(LABEL)}    median       min -     max      p50 ms    p99 ms   cpu us/op`);
  for (const row of section.rows) print(`  ${line(row, figures)}`);
  const errors = errorsIn(figures);
  if (errors > 0) print(`  ${String(errors)} answers were errors: FAIL`);
  for (const verdict of section.verdicts) {
    const { text, value, unit, bar, verdict: word } = judged(verdict, figures);
    const told = word === 'told' ? '' : word;
    print(
      `  = ${text.padEnd(54)}${digits(value, 3).padStart(8)} ${(unit === 'ms' ? 'ms' : '').padEnd(3)}${barText(bar, unit).padEnd(22)}${told}`.trimEnd(),
    );
  }
}

function line({ label, of, unit }: Row, figures: Figures): string {
  const values = figures.get(of) ?? [];
  const places = unit === 'ms' ? 2 : 0;
  const middle = (name: string): number | undefined => {
    const found = figures.get(name);
    return found === undefined ? undefined : median(found);
  };
  const cell = (value: number | undefined, width: number, decimals: number): string =>
    (value === undefined ? '' : digits(value, decimals)).padStart(width);
  const range = `${cell(Math.min(...values), 10, places)} - ${cell(Math.max(...values), 7, places)}`;
  const rest = `${cell(middle(`${of}.p50`), 12, 2)}${cell(middle(`${of}.p99`), 10, 2)}${cell(middle(`${of}.cpu`), 12, 0)}`;
  return `${label.padEnd(LABEL)}${cell(median(values), 8, places)}${unit === 'ms' ? ' ms' : '/s '}${range}${rest}`.trimEnd();
}

function digits(value: number, decimals: number): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : 'none';
}

function barText(bar: Verdict['bar'], unit: Verdict['unit']): string {
  const name = unit === 'ms' ? ' ms' : '';
  if (bar === undefined) return '';
  if ('least' in bar) return `bar: at least ${String(bar.least)}${name}`;
  if ('most' in bar) return `bar: at most ${String(bar.most)}${name}`;
  return `aim: ${String(bar.aim)}${name}`;
}
