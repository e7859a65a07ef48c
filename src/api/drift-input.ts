import { z } from 'zod';
import type { ErrorPlace } from '../core/errors.ts';
import { DRIFT_OPERATIONS } from '../drift/operations.ts';
import {
  answerSchema,
  flatSchema,
  groupOf,
  inputSchema,
  isRow,
  needsAdmin,
  REQUEST,
  reservedRow,
  takeInput,
} from '../drift/operations-input.ts';
import type { Operation } from '../drift/operations/operation.ts';
import type { OperationInput } from '../flows/operation-port.ts';
import { placesOf } from './route.ts';

type Json = Readonly<Record<string, unknown>>;
type Row = Operation | typeof REQUEST;

export type Checked =
  | { readonly ok: true; readonly input: OperationInput }
  | { readonly ok: false; readonly places: readonly ErrorPlace[] };

/** What a caller may do: a token with the scope admin, and whether `yes` was said. */
export interface Leave {
  readonly admin: boolean;
  readonly yes: boolean;
}

/** A flat object as the input of a row; `where` it stands. */
export function checkInput(row: Row, flat: Json, leave: Leave, where: string): Checked {
  if (isRow(row)) {
    const taken = takeInput(row, flat);
    return taken.ok ? taken : { ok: false, places: placesOf(where, taken.error) };
  }
  const parsed = REQUEST.input.safeParse(flat);
  if (!parsed.success) return { ok: false, places: placesOf(where, parsed.error) };
  const { method, path } = parsed.data;
  const reserved = reservedRow(method, path);
  if (reserved !== null) {
    const message = `is the operation ${reserved.name}: call it by its name`;
    return { ok: false, places: [{ path: `${where}.path`, code: 'reserved', message }] };
  }
  if (method !== 'GET' && !(leave.admin && leave.yes)) {
    const message = 'anything but GET needs the scope admin and yes=true';
    return { ok: false, places: [{ path: `${where}.method`, code: 'drift.confirm', message }] };
  }
  return { ok: true, input: { params: {}, query: {}, body: parsed.data } };
}

/** Whether calls of it change something in Drift, as far as this caller may. */
export function mayWrite(row: Row, input: OperationInput | null, leave: Leave): boolean {
  if (isRow(row)) return needsAdmin(row);
  return input === null ? leave.admin && leave.yes : (input.body as { readonly method: string }).method !== 'GET';
}

export const operationSchema = z
  .strictObject({
    name: z.string().describe('in the path of the call, and on the command line'),
    group: z.string(),
    summary: z.string(),
    method: z.string().nullable().describe('towards Drift; null: as the input says'),
    path: z.string().nullable().describe('below the base URL, or with api scim below the SCIM path'),
    api: z.enum(['rest', 'scim']),
    needs: z.enum(['read', 'admin']).describe('scope of the token of this API'),
    scope: z.string().nullable().describe("OAuth scope of Drift's token"),
    rateClass: z.enum(['standard', 'reports']),
    reversibility: z.enum(['read', 'reversible', 'compensable', 'irreversible']).nullable(),
    use: z.enum(['direct', 'plan']).describe('plan: never a direct call, it makes a plan with one change'),
    blastRadius: z.string().nullable().describe('what an irreversible call takes with it; such need yes=true'),
    pages: z.boolean().describe('all=true walks every page'),
    secrets: z.array(z.string()).describe('taken from the stored credentials, never from a request'),
    source: z.string(),
    input: z.record(z.string(), z.unknown()).describe('JSON schema of the one object that is sent'),
    answer: z.record(z.string(), z.unknown()).describe('JSON schema of the answer'),
  })
  .meta({ id: 'DriftOperation' });

/** The rows as they are shown, in the order of the table. */
export function operationRows(): readonly z.output<typeof operationSchema>[] {
  return [
    ...DRIFT_OPERATIONS.map((row) => ({
      ...{
        name: row.name,
        group: groupOf(row),
        summary: row.summary,
        method: row.method,
        path: row.path,
        api: row.api,
      },
      needs: needsAdmin(row) ? ('admin' as const) : ('read' as const),
      ...{ scope: row.scope, rateClass: row.rate, reversibility: row.reversibility, use: row.use },
      blastRadius: row.blastRadius,
      pages: row.pager !== null && row.pager !== 'whole',
      secrets: [...row.secrets],
      source: row.source,
      input: flatSchema(row),
      answer: answerSchema(row),
    })),
    {
      ...{
        name: REQUEST.name,
        group: 'anything else',
        summary: REQUEST.summary,
        method: null,
        path: null,
        api: 'rest',
      },
      ...{ needs: 'read', scope: null, rateClass: 'standard', reversibility: null, use: 'direct', blastRadius: null },
      ...{ pages: false, secrets: [], source: REQUEST.source, input: inputSchema(REQUEST.input), answer: {} },
    },
  ];
}

/** Schemas of all inputs, for the description of the API. */
export function documentedInputs(): { readonly schema: Json; readonly components: Json } {
  const named = operationRows().map(({ name, input }): readonly [string, Json] => [componentOf(name), input]);
  return {
    schema: { oneOf: named.map(([name]) => ({ $ref: `#/components/schemas/${name}` })) },
    components: Object.fromEntries(named),
  };
}

/** `create-contact` -> `DriftCreateContactInput`. */
function componentOf(name: string): string {
  return `Drift${name.replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase())}Input`;
}
