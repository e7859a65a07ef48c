import { judgeUserBody, plainObject } from './firewall-body.ts';
import { letters } from './firewall-words.ts';
import { isJsonObject, parseJson } from './lossless-json.ts';
import type { Method } from './operations/operation.ts';

/** One call as it would go out: the judged text is the sent text. */
export interface Outgoing {
  readonly method: Method;
  /** Below the base URL, percent-encoded, without query. */
  readonly path: string;
  /** Without the question mark; '' for none. */
  readonly query: string;
  readonly body: string | undefined;
  /** SCIM path of the organisation (`/scim`); null while it is not known. */
  readonly scimPath: string | null;
}

export type Verdict =
  | { readonly kind: 'pass' }
  /** The one irreversible call: it may go out only with a permit for this account. */
  | { readonly kind: 'needs_permit'; readonly accountId: string }
  /** The erasure of whatever has this e-mail: it may go out only with a permit for it. */
  | { readonly kind: 'needs_erase_permit'; readonly email: string }
  | { readonly kind: 'refused'; readonly reason: string };

const PASS: Verdict = { kind: 'pass' };
const refused = (reason: string): Verdict => ({ kind: 'refused', reason });

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies readonly Method[];
/** What a path may be made of without being encoded; `;` is left out, since servers cut path parameters there. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-F]{2})+$/;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Where the API notes know of writes that touch no agent (Drift API notes 2.4 to 2.9). */
const HARMLESS = new Set(['contacts', 'accounts', 'conversations', 'emails', 'reports', 'app', 'gdpr']);
/** Where the last segment is what somebody named, and may be any word (Drift API notes 2.4, 2.5). */
const NAMED = /^(\/accounts\/\d+_[^/]+|\/contacts\/\d+\/tags\/[^/]+)$/;
/** Words under which an agent may be found: nothing is written there but what is known. */
const AGENT_WORDS = /^(users?|agents?|members?|seats?|teammates?)$/;
/** Plain ASCII: what nobody can see in an address may be dropped by whoever reads it, and then it is another one. */
const EMAIL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}$/;
const USER_FIELDS = new Set(['name', 'alias', 'email', 'phone', 'locale', 'availability', 'avatarUrl']);

/**
 * The firewall: in Drift, "deactivate" is deletion, and a deleted user cannot be provisioned again
 * (Drift API notes 2.1, 3, 4.3). It allows what is known to be harmless and refuses the rest, whoever calls.
 */
export function judge(call: Outgoing): Verdict {
  const { method, query, body } = call;
  if (!METHODS.includes(method)) return refused('the method is not one of GET, POST, PUT, PATCH, DELETE');
  const segments = segmentsOf(call.path);
  if (segments === null) return refused('the path is not in its plain form');
  if (method === 'GET' && body !== undefined) return refused('a GET carries no body');
  if ([...new URLSearchParams(query).keys()].some((name) => letters(name).includes('method'))) {
    return refused('the query names another method');
  }
  if (method === 'GET') return PASS;
  const words = segments.map(letters);
  if (method === 'DELETE' && NAMED.test(call.path)) words.pop();
  if (isScim(words, call.scimPath)) return judgeScim(call);
  if (words.some((word) => word.includes('gdpr')) && !(method === 'POST' && call.path === '/gdpr/retrieve')) {
    return judgeErasure(call);
  }
  if (words.some((word) => AGENT_WORDS.test(word))) return judgeRestUser(call);
  const [first = ''] = words;
  if (!HARMLESS.has(first)) return refused('nothing is written outside contacts, accounts, conversations and app');
  return words.some((word) => /user|agent|member|seat|teammate|activ|provision/.test(word))
    ? refused('the path speaks of agents')
    : PASS;
}

/**
 * Decoded segments, or null for any path that a server might read otherwise than it looks: empty or dot segments, encoded
 * letters, separators or percent signs, control characters, path parameters.
 */
function segmentsOf(path: string): readonly string[] | null {
  if (!path.startsWith('/')) return null;
  const segments: string[] = [];
  for (const raw of path.slice(1).split('/')) {
    if (!SEGMENT.test(raw)) return null;
    let decoded: string;
    try {
      decoded = decodeURIComponent(raw);
    } catch {
      return null;
    }
    if (/^\.+$/.test(decoded) || /[/\\;%?#]/.test(decoded) || hasControls(decoded)) return null;
    if ((raw.match(/%[0-9A-F]{2}/g) ?? []).some((code) => /^[A-Za-z0-9._~-]$/.test(decodedByte(code)))) return null;
    segments.push(decoded);
  }
  return segments;
}

function hasControls(segment: string): boolean {
  return Array.from(segment).some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
  });
}

const decodedByte = (code: string): string => String.fromCharCode(Number.parseInt(code.slice(1), 16));

function isScim(words: readonly string[], scimPath: string | null): boolean {
  if (words.some((word) => word.includes('scim'))) return true;
  const base = (scimPath ?? '').split('/').slice(1).map(letters);
  return base.length > 0 && base.every((word, index) => words[index] === word);
}

/** Three shapes of write are known; any other spelling of a SCIM path is refused for writes. */
function judgeScim({ method, path, query, body, scimPath }: Outgoing): Verdict {
  if (scimPath === null) return refused('the SCIM path of the organisation is not known');
  if (query !== '') return refused('a SCIM write carries no query');
  const users = `${scimPath}/Users`;
  if (path === users) {
    return method === 'POST' ? judged('create', body) : refused('only POST is allowed on the SCIM users');
  }
  const accountId = path.startsWith(`${users}/`) ? path.slice(users.length + 1) : '';
  if (!ID.test(accountId)) return refused('the path is not that of one SCIM user');
  switch (method) {
    case 'PUT':
      return judged('replace', body);
    case 'PATCH':
      return judged('patch', body);
    case 'DELETE':
      return body === undefined ? { kind: 'needs_permit', accountId } : refused('a SCIM delete carries no body');
    default:
      return refused(`${method} is not allowed on one SCIM user`);
  }
}

function judged(form: 'create' | 'replace' | 'patch', body: string | undefined): Verdict {
  const reason = judgeUserBody(form, body);
  return reason === null ? PASS : refused(reason);
}

/** It takes with it whatever has the e-mail, agents included (Drift API notes 2.8): one form of it is known, and no other passes. */
function judgeErasure({ method, path, query, body }: Outgoing): Verdict {
  const fields = plainObject(body);
  const email = fields?.['email'];
  const plain = method === 'POST' && path === '/gdpr/delete' && query === '';
  if (
    !plain ||
    fields === null ||
    Object.keys(fields).length !== 1 ||
    typeof email !== 'string' ||
    !EMAIL.test(email)
  ) {
    return refused('an erasure takes agents with it that have the e-mail; only one that names it alone is known');
  }
  return { kind: 'needs_erase_permit', email };
}

/** REST cannot remove agents by anything documented; what is not documented is not tried (Drift API notes 2.2). */
function judgeRestUser({ method, path, query, body }: Outgoing): Verdict {
  if (method !== 'PATCH' || path !== '/users/update') return refused('this is no known way to change an agent');
  if (!/^userId=[1-9]\d{0,18}$/.test(query)) return refused('the query must name one userId');
  const fields = body === undefined ? undefined : parseJson(body);
  if (!isJsonObject(fields)) return refused('the body must be an object');
  const odd = Object.entries(fields).find(([name, value]) => !USER_FIELDS.has(name) || typeof value !== 'string');
  return odd === undefined ? PASS : refused('the body names a field that is not known to be harmless');
}
