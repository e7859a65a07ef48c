import { type Call, queryInteger, type Refusal, restError } from './exchange.ts';
import type { Conversation } from './model.ts';
import type { Org } from './org.ts';
import { once } from './table.ts';

const STATUS_IDS: ReadonlyMap<string, Conversation['status']> = new Map([
  ['1', 'open'],
  ['2', 'closed'],
  ['3', 'pending'],
]);
const DEFAULT = 25;

const invalid = (message: string): Refusal => restError('validation_error', message);

interface Page {
  readonly conversations: readonly Conversation[];
  /** `links` or `pagination`, as the setting has it. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/**
 * One page of the list, latest change first. A position is a number of rows, so that what changes between two pages is
 * repeated or skipped, as in a list that is sorted by a moving key (Drift API notes 2.6).
 */
export function conversationPage(org: Org, call: Call): Page {
  const settings = org.settings();
  const older = settings.conversationPaging === 'cursor';
  const limit = queryInteger(call, 'limit', DEFAULT, invalid);
  const most = older ? 50 : 100;
  if (limit < 1 || limit > most) throw invalid(`limit must be 1 to ${most}`);
  const statuses = call.query.getAll('statusId').map((id) => {
    const status = STATUS_IDS.get(id);
    if (status === undefined) throw invalid('statusId must be 1, 2 or 3');
    return status;
  });
  const token = call.query.get('page_token');
  if (!older && token === null && settings.pageTokenRequired) throw invalid('page_token is required');
  const from = older ? queryInteger(call, 'next', 0, invalid) : positionOf(token ?? '', call, settings.pageTokenLifeMs);

  const all = latestFirst(org.store.conversations.list(settings.applyDelayMs + settings.listLagMs));
  const found = statuses.length === 0 ? all : all.filter((one) => statuses.includes(one.status));
  const conversations = found.slice(from, from + limit);
  const more = from + limit < found.length;
  const next = settings.repeatCursor && from > 0 ? from : from + limit;
  if (older) return { conversations, beside: more ? { pagination: { more: true, next: String(next) } } : {} };

  const link = (pageToken: string): string => {
    const query = new URLSearchParams([['limit', String(limit)]]);
    for (const id of call.query.getAll('statusId')) query.append('statusId', id);
    query.append('page_token', pageToken);
    return `${new URL(settings.linkOrigin).origin}${call.path}?${query.toString()}`;
  };
  const links = { self: link(token ?? ''), ...(more && { next: link(tokenFor(next, call)) }) };
  return { conversations, beside: { links } };
}

const latestFirst = once((conversations: readonly Conversation[]) =>
  conversations
    .filter((one) => one.erased !== true)
    .sort((one, other) => other.updatedAt - one.updatedAt || (BigInt(other.id) > BigInt(one.id) ? 1 : -1)),
);

function tokenFor(position: number, call: Call): string {
  return Buffer.from(`conversations:${position}:${call.now}`).toString('base64url');
}

/** An expired or foreign token is refused. */
function positionOf(token: string, call: Call, lifeMs: number): number {
  if (token === '') return 0;
  const [, position, issued] = /^conversations:(\d{1,9}):(\d{1,15})$/.exec(plain(token)) ?? [];
  if (position === undefined || call.now - Number(issued) >= lifeMs) throw invalid('page_token is invalid or expired');
  return Number(position);
}

const plain = (token: string): string => Buffer.from(token, 'base64url').toString();
