import { DomainError } from '../core/errors.ts';
import type { OperationInput } from '../flows/operation-port.ts';
import type { DriftClient } from './client.ts';
import { judge } from './firewall.ts';
import { writeJson } from './lossless-json.ts';
import { REQUEST, inputForm, isRow } from './operations-input.ts';
import type { Operation } from './operations/operation.ts';

type Json = Readonly<Record<string, unknown>>;

/** One value that the call would change. */
interface Difference {
  readonly path: string;
  readonly is: unknown;
  readonly wouldBe: unknown;
}

const HIDDEN = '[secret]';
/** Values that are compared; a call says no more than some dozens. */
const MOST_DIFFERENCES = 200;
const DEEPEST = 8;

/**
 * What a call would do: what would be sent, what is there now by the one read that shows it, and what differs. Nothing but
 * that read goes out.
 */
export async function rehearse(
  client: DriftClient,
  row: Operation | typeof REQUEST,
  input: OperationInput,
): Promise<unknown> {
  if (!isRow(row)) {
    const { method, path, query, body } = REQUEST.input.parse(input.body);
    const text = body === undefined ? undefined : writeJson(body);
    const scimPath = method === 'GET' || !/scim/i.test(path) ? null : (await client.scim()).path;
    const verdict = judge({ method, path, query: '', body: text, scimPath });
    if (verdict.kind !== 'pass') {
      const why = verdict.kind === 'refused' ? verdict.reason : 'an agent is removed by an approved change only';
      throw new DomainError('drift.firewall', `The call request would be stopped before Drift: ${why}.`);
    }
    return {
      dryRun: true,
      would: { method, path, query: query ?? {}, ...(body === undefined ? {} : { body }) },
      there: null,
    };
  }
  return rehearseRow(client, row, input);
}

async function rehearseRow(client: DriftClient, row: Operation, input: OperationInput): Promise<unknown> {
  const { api, method, reversibility, blastRadius } = row;
  const hidden = (part: Json): Json =>
    Object.fromEntries(row.secrets.filter((name) => Object.hasOwn(part, name)).map((name) => [name, HIDDEN]));
  const { query, members } = inputForm(row);
  const body = input.body === undefined && Object.keys(hidden(members)).length === 0 ? undefined : input.body;
  const would = {
    method,
    // Below the SCIM path of the organisation, or below the base URL.
    api,
    path: row.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(wordOf(input.params[name]))),
    query: { ...input.query, ...hidden(query) },
    ...(body === undefined ? {} : { body: Array.isArray(body) ? body : { ...(body as Json), ...hidden(members) } }),
  };
  const there = await lookedUp(client, row, input);
  const found = there?.kind === 'ok' ? items(there.value) : [];
  const changesOne = (method === 'PATCH' || method === 'PUT') && found.length === 1;
  return {
    dryRun: true,
    would,
    there:
      there === null
        ? null
        : { operation: there.operation, ...(there.kind === 'ok' ? { answer: there.value } : { refused: there.code }) },
    /** Of what is made anew: how many such are there already. */
    exists: there?.kind === 'ok' && method === 'POST' ? found.length : null,
    changes: changesOne && body !== undefined ? differences(body, found[0]) : null,
    reversibility,
    ...(blastRadius === null ? {} : { blastRadius }),
    ...(row.use === 'plan' ? { makes: 'a plan with one change, which is approved before anything happens' } : {}),
  };
}

async function lookedUp(client: DriftClient, row: Operation, input: OperationInput) {
  const look = row.lookup?.({ ...input }) ?? null;
  if (look === null) return null;
  const { operation } = look;
  const called = await client.call(operation, look.input);
  return called.kind === 'ok'
    ? ({ kind: 'ok', operation: operation.name, value: called.value } as const)
    : ({ kind: called.kind, operation: operation.name, code: called.code } as const);
}

/** What a look-up found, whatever envelope it came in (Drift API notes 1.5, 2.1, 2.5). */
function items(value: unknown): readonly unknown[] {
  const inside = memberOf(memberOf(value, 'data'), 'accounts');
  const list = memberOf(inside, 'Resources');
  return Array.isArray(list) ? (list as unknown[]) : [list];
}

function memberOf(value: unknown, name: string): unknown {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return has ? (value as Json)[name] : value;
}

/** Members that are said and are otherwise now. */
function differences(said: unknown, there: unknown): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (wanted: unknown, is: unknown, path: string, depth: number): void => {
    if (found.length >= MOST_DIFFERENCES) return;
    if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted) && depth < DEEPEST) {
      for (const [name, inner] of Object.entries(wanted)) {
        const own = typeof is === 'object' && is !== null && Object.hasOwn(is, name) ? (is as Json)[name] : undefined;
        compare(inner, own, path === '' ? name : `${path}.${name}`, depth + 1);
      }
    } else if (text(wanted) !== text(is)) found.push({ path, is: is ?? null, wouldBe: wanted });
  };
  compare(said, there, '', 0);
  return found;
}

/** Ids come as numbers or as texts: the digits count. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? null, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}

function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
