import { accountRoutes } from './accounts.ts';
import { tagRoutes } from './contact-tags.ts';
import { contactRoutes } from './contacts.ts';
import { conversationRoutes } from './conversations.ts';
import { type Call, contactError, type ParsedBody, Refusal, type Reply, restError, type Route } from './exchange.ts';
import { type FaultRule, type Faults, preventsEffect } from './faults.ts';
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
  /** Settles a call and journals it, in one transaction. */
  handle(incoming: Incoming): Outcome;
}

export function createApi(org: Org, faults: Faults, journal: Journal): Api {
  const routes: readonly Route[] = [
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
  ];
  const commonLimit = createRateLimit(org.settings);
  const reportLimit = createRateLimit(() => ({ ratePerMinute: org.settings().reportsPerMinute, rateBurst: null }));

  /** Authentication, rate, route, scope, handler: in this order. */
  function answer(incoming: Incoming, now: number): Reply {
    const found = findRoute(routes, incoming.method, incoming.path);
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
      const fault = faults.strike(method, path);
      return org.store.transaction(() => {
        const now = org.clock();
        const prevented = fault !== undefined && preventsEffect(fault);
        const settled = prevented ? undefined : answer(incoming, now);
        const reply = fault === undefined ? settled : faultyReply(fault, settled);
        journal.record({
          at: now,
          method,
          path,
          query: queryRecord(query),
          body: journaledBody(body),
          status: reply?.status ?? null,
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
  const type = reply.status === 404 ? 'not_found' : reply.status === 403 ? 'authentication_error' : 'validation_error';
  return { form: 'rest', type, message: reply.error?.form === 'scim' ? reply.error.detail : '' };
}

/** The reply that the fault makes of it; kinds that only disturb the delivery leave it alone. */
function faultyReply(fault: FaultRule, settled: Reply | undefined): Reply | undefined {
  switch (fault.kind) {
    case 'status':
      return {
        status: fault.status ?? 500,
        error: { form: 'rest', type: 'internal_error', message: 'Something went wrong on our side' },
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

function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Record<string, string> } | undefined {
  const segments = path.split('/');
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = route.path.split('/');
    if (pattern.length !== segments.length) continue;
    const params: Record<string, string> = {};
    const fits = pattern.every((part, index) => {
      const segment = segments[index] ?? '';
      if (!part.startsWith(':')) return part === segment;
      const value = decoded(segment);
      if (value === undefined || value === '') return false;
      params[part.slice(1)] = value;
      return true;
    });
    if (fits) return { route, params };
  }
  return undefined;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
