import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import type { Operation } from '../../src/drift/operations/operation.ts';

// The page about the operations of Drift. `node test/support/operations-table.ts` writes it; a rule test fails while it is stale.

const DECLARED = /\bcovers(?:Anywhere)?\(\s*'([a-z-]+)',\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/g;

const ROOT = resolve(import.meta.dirname, '../..');
export const PAGE = 'docs/drift-operations.md';

/** A test that was declared to cover an operation. */
export interface Cover {
  readonly operation: string;
  readonly file: string;
  readonly title: string;
}

/** Every `covers('operation', 'title', …` and `coversAnywhere('operation', 'title', …` of the contract tests, in their order. */
export function coverage(): readonly Cover[] {
  const folder = join(ROOT, 'test/contract');
  const files = readdirSync(folder).filter((name) => /^drift-.*\.test\.ts$/.test(name));
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const declared = Array.from(text.matchAll(DECLARED), ([, operation = '', title = '']) => ({
      operation,
      file,
      title: title.slice(1, -1).replaceAll('\\', ''),
    }));
    const calls = text.match(/\bcovers(?:Anywhere)?\(/g) ?? [];
    if (calls.length !== declared.length) throw new Error(`${file}: a cover is not declared with plain texts`);
    return declared;
  });
}

const SECTIONS: Readonly<Record<string, string>> = {
  '2.1': 'Agents through SCIM',
  '2.2': 'Agents through REST',
  '2.3': 'Teams',
  '2.4': 'Contacts',
  '2.5': 'Accounts',
  '2.6': 'Conversations and messages',
  '2.7': 'Playbooks',
  '2.8': 'Privacy',
  '2.9': 'App',
};

export function operationsPage(): string {
  const covers = Map.groupBy(coverage(), ({ operation }) => operation);
  const groups = Map.groupBy(DRIFT_OPERATIONS, (row) => /^Drift API notes (2\.\d)/.exec(row.source)?.[1] ?? '2.4');
  const sections = Object.entries(SECTIONS).flatMap(([number, title]) => [
    `## ${number} ${title}`,
    '',
    ...table(
      ['name', 'call', 'what it does', 'scope', 'rate class', 'reversibility', 'used', 'source', 'covered by'],
      (groups.get(number) ?? []).map((row) => rowOf(row, covers.get(row.name) ?? [])),
    ),
    '',
  ]);
  const irreversible = DRIFT_OPERATIONS.filter(({ blastRadius }) => blastRadius !== null);
  return [
    '# Operations of Drift',
    '',
    'Every call to Drift that the bridge knows. The reconciler, the command line (`bridge drift …`) and the API (`POST /api/v1/drift/operations/{name}`) use the same rows.',
    '',
    'This page is generated from the table in `src/drift/operations.ts` and from the contract tests: `node test/support/operations-table.ts`. Each test fails unless the operation that it names was really sent; `CONTRACT_DRIFT_TOKEN` (and `CONTRACT_DRIFT_BASE_URL`) makes those that only read run against a real organisation as well.',
    '',
    'Reversibility: **reversible** by the same call; **compensable** by another call that restores the effect, though not the record; **irreversible** by nothing. Used: a **direct** call, or a **plan** with one change that has to be approved.',
    '',
    ...sections,
    '## What cannot be taken back',
    '',
    ...table(
      ['name', 'what it takes with it'],
      irreversible.map(({ name, blastRadius }) => [code(name), blastRadius ?? '']),
    ),
    '',
    '## Inputs that are never stored, logged or shown',
    '',
    ...DRIFT_OPERATIONS.filter(({ secrets }) => secrets.length > 0).map(
      ({ name, secrets }) => `- ${code(name)}: ${secrets.map(code).join(', ')}`,
    ),
    '',
  ].join('\n');
}

function rowOf(row: Operation, covers: readonly Cover[]): readonly string[] {
  const { name, method, api, path, summary, scope, rate, reversibility, use, source } = row;
  const [first, ...others] = covers;
  const further = others.length === 0 ? '' : `, and ${String(others.length)} more`;
  return [
    code(name),
    code(`${method} ${api === 'scim' ? '{scim}' : ''}${path}`),
    summary,
    scope === null ? 'none known' : code(scope),
    rate,
    reversibility,
    use,
    source.replace(/^Drift API notes /, ''),
    first === undefined ? 'nothing' : `[${first.file}](../test/contract/${first.file}): ${first.title}${further}`,
  ];
}

const code = (text: string): string => `\`${text}\``;

/** Columns of one width each, as the formatter of the house wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('*', '\\*')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => lengthOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell))).join(' | ')} |`;
  const [top = [], ...rest] = cells;
  return [line(top), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)];
}

const lengthOf = (text: string): number => Array.from(text).length;

if (import.meta.main) writeFileSync(join(ROOT, PAGE), operationsPage());
