import { DRIFT_OPERATIONS } from '../drift/operations.ts';
import { REQUEST, answerSchema, flatSchema, groupOf, inputSchema, needsAdmin } from '../drift/operations-input.ts';
import type { Operation } from '../drift/operations/operation.ts';
import { type Context, printJson } from './context.ts';
import { renderTable } from './render-table.ts';

/** Every operation; as JSON what `GET /api/v1/drift/operations` says of it. */
export function printTable({ terminal, paint }: Context, json: boolean): void {
  if (json) {
    printJson(terminal, [...DRIFT_OPERATIONS.map(rowAnswer), REQUEST_ANSWER]);
    return;
  }
  const rows = DRIFT_OPERATIONS.map((row) => [
    row.name,
    row.use === 'plan' ? 'plan' : row.reversibility,
    // The SCIM path of the organisation, under which an agent is another resource than in REST.
    `${row.method} ${row.api === 'scim' ? '{scim}' : ''}${row.path}`,
    row.summary,
  ]);
  rows.push([REQUEST.name, '', 'any', REQUEST.summary]);
  terminal.out(
    renderTable(
      ['operation', 'effect', 'call', ''].map((title) => ({ title })),
      rows,
      paint,
    ),
  );
}

function rowAnswer(row: Operation): object {
  const { name, summary, method, path, api, scope, rate, reversibility, use, blastRadius, secrets, source } = row;
  return {
    ...{ name, group: groupOf(row), summary, method, path, api, needs: needsAdmin(row) ? 'admin' : 'read', scope },
    ...{ rateClass: rate, reversibility, use, blastRadius, pages: row.pager !== null && row.pager !== 'whole' },
    ...{ secrets, source, input: flatSchema(row), answer: answerSchema(row) },
  };
}

const REQUEST_ANSWER = {
  ...{ name: REQUEST.name, group: 'anything else', summary: REQUEST.summary, method: null, path: null, api: 'rest' },
  ...{ needs: 'read', scope: null, rateClass: 'standard', reversibility: null, use: 'direct', blastRadius: null },
  ...{ pages: false, secrets: [], source: REQUEST.source, input: inputSchema(REQUEST.input), answer: {} },
};
