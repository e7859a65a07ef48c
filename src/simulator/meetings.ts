import { type Call, queryInteger, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import type { Org } from './org.ts';

const DEFAULT = 100;
const MOST = 1000;
const REACH_MS = 30 * 24 * 3_600_000;

const invalid = (message: string): Refusal => restError('validation_error', message);

/** Booked meetings of about the last thirty days (Drift API notes 2.2). */
export function meetingRoutes(org: Org): readonly Route[] {
  return [{ method: 'GET', path: '/users/meetings/org', scope: 'user_read', handle: (call) => list(org, call) }];
}

function list(org: Org, call: Call): Reply {
  const limit = queryInteger(call, 'limit', DEFAULT, invalid);
  if (limit > MOST) throw invalid(`limit must be 0 to ${MOST}`);
  const from = Math.max(instant(call, 'min_start_time') ?? 0, call.now - REACH_MS);
  const until = instant(call, 'max_start_time') ?? Number.MAX_SAFE_INTEGER;
  const { applyDelayMs, listLagMs } = org.settings();
  const data = org.store.meetings
    .list(applyDelayMs + listLagMs)
    .filter(({ slotStart }) => slotStart >= from && slotStart <= until)
    .slice(0, limit)
    .map(({ id, agentId, contactId, slotStart, slotEnd }) => {
      return { id, agentId, orgId: org.orgId, endUserId: BigInt(contactId), slotStart, slotEnd };
    });
  return { status: 200, body: { data } };
}

/** Epoch milliseconds of the query. */
function instant(call: Call, name: string): number | undefined {
  const text = call.query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalid(`${name} must be epoch milliseconds`);
  return Number(text);
}
