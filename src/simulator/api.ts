import { accountRoutes } from './accounts.ts';
import { tagRoutes } from './contact-tags.ts';
import { contactRoutes } from './contacts.ts';
import { conversationRoutes } from './conversations.ts';
import type { Counter } from './counts.ts';
import { type Call, contactError, type ParsedBody, Refusal, type Reply, restError, restErrorType } from './exchange.ts';
import { changesNothing, type FaultRule, type Faults, preventsEffect } from './faults.ts';
import { type Journal, queryRecord } from './journal.ts';
import { meetingRoutes } from './meetings.ts';
import { messageRoutes } from './messages.ts';
import { goodBearer, oauthRoutes } from './oauth.ts';
import type { Org } from './org.ts';
import { playbookRoutes } from './playbooks.ts';
import { privacyRoutes } from './privacy.ts';
import { createRateLimit, rateHeaderName } from './rate-limit.ts';
import { reportRoutes } from './reports.ts';
import { restUserRoutes } from './rest-users.ts';
import { createRouter, type FoundRoute } from './routes.ts';
import { scimUserRoutes } from './scim-users.ts';

/** A call as it came over the wire. */
interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly mediaType: string;
  readonly body: ParsedBody;
}

/** What is to be sent; `reply` undefined: the connection is cut without an answer. */
export interface Outcome {
  readonly reply: Reply | undefined;
  readonly fault: FaultRule | undefined;
}

export interface Api {
  /** Settles a call, journals and counts it, in one transaction. */
  handle(incoming: Incoming): Outcome;
}

export function createApi(org: Org, faults: Faults, journal: Journal, counter: Counter): Api {
  const findRoute = createRouter([
    ...scimUserRoutes(org),
    ...restUserRoutes(org),
    ...contactRoutes(org),
    ...accountRoutes(org),
    ...tagRoutes(org),
    ...playbookRoutes(org),
    ...meetingRoutes(org),
    ...conversationRoutes(org),
    ...messageRoutes(org),
    ...reportRoutes(org),
    ...privacyRoutes(org),
    ...oauthRoutes(org),
  ]);
  const commonLimit = createRateLimit(org.settings);
  const reportLimit = createRateLimit(() => ({ ratePerMinute: org.settings().reportsPerMinute, rateBurst: null }));

  /** Authentication, rate, route, scope, handler: in this order. */
  function answer(incoming: Incoming, found: FoundRoute | undefined, now: number): Reply {
    const call: Omit<Call, 'token'> = { ...incoming, params: found?.params ?? {}, now };
    if (found?.route.open === true) return settle(() => found.route.handle({ ...call, token: undefined }));
    const bearer = /^bearer\s+(\S+)\s*$/i.exec(incoming.authorization ?? '')?.[1];
    const token = bearer === undefined ? undefined : goodBearer(org, bearer, now);
    const { unauthorizedStatus, scimErrors } = org.settings();
    const rateHeader = rateHeaderName(org.settings());
    if (token === undefined) {
      const refusal = restError(
        'authentication_error',
        'The access token is invalid or has expired',
        unauthorizedStatus,
      );
      return refusal.reply;
    }
    const rate = (found?.route.report === true ? reportLimit : commonLimit).take(token.token, now);
    const headers = rateHeader === null ? {} : { [rateHeader]: String(rate.left) };
    const reply = settle(() => {
      if (!rate.allowed) throw restError('rate_limit', 'Too many calls');
      if (found === undefined) throw restError('not_found', 'No such resource');
      const { scope } = found.route;
      if (scope !== undefined && !token.scopes.includes(scope)) {
        throw restError('authentication_error', `The token lacks the scope ${scope}`);
      }
      return found.route.handle({ ...call, token });
    });
    const scimInRest = reply.error?.form === 'scim' && scimErrors === 'rest';
    return {
      ...reply,
      ...(scimInRest && { error: restForm(reply), scim: false }),
      headers: { ...reply.headers, ...headers },
    };
  }

  return {
    handle(incoming) {
      const { method, path, query, body } = incoming;
      const struck = faults.strike(method, path);
      return org.store.transaction(() => {
        const now = org.clock();
        const found = findRoute(method, path);
        const prevented = struck !== undefined && preventsEffect(struck);
        const settled = prevented ? undefined : answer(incoming, found, now);
        const fault =
          struck !== undefined && settled !== undefined && changesNothing(struck, settled) ? undefined : struck;
        const reply = fault === undefined ? settled : faultyReply(fault, settled);
        const status = reply?.status ?? null;
        const route = found === undefined ? 'none' : `${found.route.method} ${found.route.path}`;
        counter.count({ at: now, route, status, faulted: fault?.kind });
        journal.record({
          at: now,
          method,
          path,
          query: queryRecord(query),
          body: journaledBody(body),
          status,
          effect: settled?.effect ?? null,
          ...(fault !== undefined && { faulted: fault.kind }),
        });
        return { reply, fault };
      });
    },
  };
}

function settle(work: () => Reply): Reply {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

function restForm(reply: Reply): NonNullable<Reply['error']> {
  return {
    form: 'rest',
    type: restErrorType(reply.status),
    message: reply.error?.form === 'scim' ? reply.error.detail : '',
  };
}

/** The reply that the fault makes of it; kinds that only disturb the delivery leave it alone. */
function faultyReply(fault: FaultRule, settled: Reply | undefined): Reply | undefined {
  switch (fault.kind) {
    case 'status':
      return {
        status: fault.status ?? 500,
        error: { form: 'rest', type: restErrorType(fault.status ?? 500), message: 'Something went wrong on our side' },
        ...(fault.headers !== undefined && { headers: fault.headers }),
      };
    case 'html':
    case 'empty':
      return { status: fault.status ?? (fault.kind === 'html' ? 502 : 503) };
    case 'contact-401':
      return contactError('CONTACT-2', 'contact not found, or not allowed to see it').reply;
    case 'contact-error':
      return contactError(fault.code ?? 'CONTACT-5', 'the request could not be settled').reply;
    case 'cut-before':
      return undefined;
    default:
      return settled;
  }
}

function journaledBody(body: ParsedBody): unknown {
  switch (body.kind) {
    case 'none':
      return null;
    case 'json':
    case 'form':
      return body.value;
    case 'unreadable':
      return body.text;
  }
}
