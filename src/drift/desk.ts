import { DomainError } from '../core/errors.ts';
import type { OperationDesk, OperationInput, OperationOutcome } from '../flows/operation-port.ts';
import type { Clock } from '../flows/ports.ts';
import type { Called, DriftClient } from './client.ts';
import { rehearse } from './desk-rehearsal.ts';
import { writeJson } from './lossless-json.ts';
import { REQUEST, isRow, rowNamed, type RequestInput } from './operations-input.ts';
import type { Operation } from './operations/operation.ts';
import { nextPage } from './operations/paging.ts';

/** All pages of a list at the most; after them the answer says how to go on. */
const MOST_PAGES = 200;
/** Milliseconds after which no further page is asked for: others wait for their turn. */
const LONGEST_WALK_MS = 60_000;
/** Characters of JSON that an answer of many pages may have, as much as one page can. */
const MOST_TEXT = 10 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

export interface DeskPorts {
  /** A session of its own, so that its calls are counted apart. */
  readonly client: DriftClient;
  readonly clock: Clock;
  /** Inputs that no request may hold, by their names; null where they are not stored either. */
  readonly secrets: (operation: string) => Promise<Json | null>;
}

/** Drift by the names of its operations. */
export function createOperationDesk({ client, clock, secrets }: DeskPorts): OperationDesk {
  async function withSecrets(row: Operation, input: OperationInput): Promise<OperationInput> {
    if (row.secrets.length === 0) return input;
    const stored = await secrets(row.name);
    if (stored === null) {
      throw new DomainError(
        'drift.not_configured',
        `${row.name} needs ${row.secrets.join(' and ')}, which are taken from stored OAuth credentials; there are none.`,
      );
    }
    const of = (part: unknown): Json =>
      Object.fromEntries(
        Object.entries(stored).filter(([name]) => row.secrets.includes(name) && hasMember(part, name)),
      );
    return {
      ...input,
      query: { ...input.query, ...of(row.query) },
      ...(hasAny(row.body, row.secrets) ? { body: { ...(input.body as Json | undefined), ...of(row.body) } } : {}),
    };
  }

  /** Every page: the items in one list, and where to go on when there are more than an answer or its time may hold. */
  async function walk(row: Operation, input: OperationInput): Promise<Called<unknown>> {
    const items: unknown[] = [];
    const seen = new Set<string>();
    let size = 0;
    let query: Json = input.query;
    const until = Date.parse(clock.now()) + LONGEST_WALK_MS;
    for (let pages = 1; ; pages += 1) {
      const called: Called<unknown> = await client.call(row, { ...input, query });
      if (called.kind !== 'ok') return called;
      const page = itemsOf(row, called.value);
      items.push(...page);
      size += writeJson(page).length;
      const next = following(row, query, called);
      if (next !== null && 'kind' in next) return next;
      const whole = { items, pages, complete: next === null, next: next?.query ?? null };
      const isFull = pages === MOST_PAGES || size > MOST_TEXT || Date.parse(clock.now()) >= until;
      if (next === null || isFull) return { ...called, value: whole };
      const key = writeJson(next.query);
      if (seen.has(key)) return unreadable(`The list ${row.name} repeats a page.`);
      seen.add(key);
      query = next.query;
    }
  }

  async function ask(row: Operation, input: OperationInput, all: boolean): Promise<Called<unknown>> {
    if (row.name === 'token-info') return client.tokenInfo();
    const whole = await withSecrets(row, input);
    return all && row.pager !== null && row.pager !== 'whole' ? walk(row, whole) : client.call(row, whole);
  }

  return {
    async call({ operation, input, dryRun, all }) {
      const row = rowNamed(operation);
      if (row === null) throw new DomainError('not_found', `There is no operation ${operation}.`);
      if (dryRun) return { kind: 'ok', answer: plain(await rehearse(client, row, input)) };
      if (!isRow(row)) {
        const { method, path, ...rest } = REQUEST.input.parse(input.body) satisfies RequestInput;
        return outcome(null, input, await client.request(method, path, rest));
      }
      if (row.use === 'plan') throw new DomainError('drift.firewall', `${row.name} is never a direct call.`);
      return outcome(row, input, await ask(row, input, all));
    },
    takeCallCount: () => client.takeCallCount(),
  };
}

function outcome(row: Operation | null, input: OperationInput, called: Called<unknown>): OperationOutcome {
  switch (called.kind) {
    case 'ok':
      return { kind: 'ok', answer: plain(withNotStored(called.value, input.body)) };
    case 'refused':
      return { kind: 'refused', code: called.code, status: called.status, detail: called.detail };
    case 'unknown': {
      const look = row?.lookup?.({ ...input }) ?? null;
      return { kind: 'unknown', code: called.code, detail: called.detail, look: look?.operation.name ?? null };
    }
  }
}

/**
 * Drift takes an attribute that it has not declared with 200, and keeps nothing of it (Drift API notes 3, "custom
 * attributes"): what was sent and does not come back is named beside the answer.
 */
function withNotStored(value: unknown, body: unknown): unknown {
  const said = attributesOf(body);
  const kept = attributesOf(typeof value === 'object' && value !== null && 'data' in value ? value.data : null);
  if (said === null || kept === null) return value;
  // Numbers come back as texts here and there: what counts is what they say.
  const textOf = (one: unknown): string => (typeof one === 'string' ? one : writeJson(one ?? null));
  const notStored = Object.keys(said)
    .filter((name) => said[name] !== null && (!Object.hasOwn(kept, name) || textOf(kept[name]) !== textOf(said[name])))
    .map((name) => `attributes.${name}`);
  return notStored.length === 0 ? value : { ...(value as Json), notStored };
}

function attributesOf(value: unknown): Json | null {
  const attributes: unknown = (value as Json | null | undefined)?.['attributes'];
  return typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)
    ? (attributes as Json)
    : null;
}

type Refused = Extract<Called<unknown>, { kind: 'refused' }>;

/** What is wrong with a list is wrong with it alone: nobody waits for Drift because of it. */
const unreadable = (detail: string): Refused => ({ kind: 'refused', code: 'list_unreadable', status: 502, detail });

function following(
  row: Operation,
  query: Json,
  { value, nextLink }: Extract<Called<unknown>, { kind: 'ok' }>,
): { readonly query: Json } | Refused | null {
  try {
    const next = nextPage(row, query, value, nextLink);
    return next === null ? null : { query: next };
  } catch (error) {
    if (error instanceof DomainError) return unreadable(error.message);
    throw error;
  }
}

function itemsOf(row: Operation, value: unknown): readonly unknown[] {
  const answer = value as Readonly<Record<string, unknown>>;
  const data = answer['data'] as Readonly<Record<string, unknown>> | readonly unknown[] | undefined;
  const { pager } = row;
  const items =
    pager === 'scim'
      ? answer['Resources']
      : pager === 'accounts' || pager === 'messages'
        ? (data as Json | undefined)?.[pager]
        : data;
  return Array.isArray(items) ? items : Object.values((items ?? {}) as Json);
}

/** For whoever reads JSON with doubles: integers beyond 2^53 are texts, as our ids are everywhere. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
  );
}

const hasMember = (schema: unknown, name: string): boolean =>
  typeof schema === 'object' && schema !== null && 'shape' in schema && Object.hasOwn(schema.shape as object, name);

const hasAny = (schema: unknown, names: readonly string[]): boolean => names.some((name) => hasMember(schema, name));
