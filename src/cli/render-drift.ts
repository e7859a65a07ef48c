import type { Paint } from './terminal.ts';
import { wrap } from './render-table.ts';

/** What a dry run found, as the API answers it. */
interface DryRun {
  readonly would: { readonly method: string; readonly path: string; readonly query?: object; readonly body?: unknown };
  readonly there: { readonly operation: string; readonly answer?: unknown; readonly refused?: string } | null;
  /** Of what would be made: so many such are there. */
  readonly exists?: number | null;
  readonly changes?: readonly { readonly path: string; readonly is: unknown; readonly wouldBe: unknown }[] | null;
  readonly reversibility?: string;
  readonly blastRadius?: string;
  readonly makes?: string;
}

export function renderDryRun(answer: unknown, paint: Paint): string {
  const { would, there, changes, reversibility, blastRadius, makes, exists } = answer as DryRun;
  const query = Object.keys(would.query ?? {}).length === 0 ? [] : [`  query  ${shown(would.query)}`];
  const body = would.body === undefined ? [] : [`  body   ${shown(would.body)}`];
  const found =
    there === null
      ? 'Nothing shows beforehand what is there.'
      : there.refused === undefined
        ? `Looked with ${there.operation}${changes?.length === 0 ? ': nothing would change' : standing(exists)}.`
        : `Looked with ${there.operation}: refused (${there.refused}).`;
  return [
    `${paint('bold', `Would send ${would.method} ${would.path}`)}${reversibility === undefined ? '' : `  (${reversibility})`}`,
    ...query,
    ...body,
    found,
    ...(changes ?? []).map(
      ({ path, is, wouldBe }) => `  ${path}: ${paint('red', shown(is))} -> ${paint('green', shown(wouldBe))}`,
    ),
    ...(blastRadius === undefined ? [] : [paint('yellow', `  ${wrap(blastRadius)}`)]),
    ...(makes === undefined ? [] : [`It makes ${makes}.`]),
    'Nothing was sent.',
    '',
  ].join('\n');
}

/** Characters of what was found. */
const LONGEST = 200;

/** One line of a file, in one line: what would be sent, and what is there. */
export function renderDryLine(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return 'what would be sent is not kept';
  const dryRun = answer as DryRun;
  const { would, makes } = dryRun;
  return [
    `would send ${would.method} ${would.path}`,
    ...(Object.keys(would.query ?? {}).length === 0 ? [] : [`query ${shown(would.query)}`]),
    ...(would.body === undefined ? [] : [`body ${shown(would.body)}`]),
    ...foundBy(dryRun),
    ...(makes === undefined ? [] : [`makes ${makes}`]),
  ].join('; ');
}

function foundBy({ there, changes }: DryRun): readonly string[] {
  if (there === null) return [];
  if (there.refused !== undefined) return [`${there.operation} was refused (${there.refused})`];
  if (changes == null) return [`${there.operation} found ${cut(shown(there.answer))}`];
  if (changes.length === 0) return [`${there.operation} found the same: nothing would change`];
  const differences = changes.map(({ path, is, wouldBe }) => `${path}: ${shown(is)} -> ${shown(wouldBe)}`);
  return [`${there.operation} found ${differences.join(', ')}`];
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

const shown = (value: unknown): string => JSON.stringify(value ?? null);

/** Whether what would be made is there already. */
function standing(exists: DryRun['exists']): string {
  if (exists === undefined || exists === null) return '';
  return exists === 0 ? ': there is none yet' : `: ${String(exists)} such there already`;
}
