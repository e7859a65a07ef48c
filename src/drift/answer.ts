import { type Conceal, concealedValue } from './concealment.ts';
import { isJsonObject, parseJson, type JsonObject } from './lossless-json.ts';
import type { AnswerAs } from './operations/operation.ts';
import type { Exchange, Headers } from './transport.ts';

/**
 * What an exchange says. `lost`: it says nothing sure; a read may be tried again where that could help (`transient`), a write
 * may or may not have taken effect. Codes are stable: Drift's own words where they are known, `http_<status>` otherwise.
 */
export type Answer =
  | { readonly kind: 'ok'; readonly status: number; readonly value: unknown; readonly headers: Headers }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null; readonly detail: string }
  | { readonly kind: 'lost'; readonly code: string; readonly detail: string; readonly transient: boolean };

const LOSSES: Readonly<Record<Extract<Exchange, { kind: 'lost' }>['code'], string>> = {
  not_connected: 'Drift could not be reached.',
  timeout: 'Drift did not answer in time.',
  cut: 'The connection was cut before the whole answer was there.',
  answer_too_large: 'The answer is larger than any answer of this call may be.',
};

/** What is needed to read an answer to a call. */
interface Reading {
  /** The body of the call, whose values are blanked out of what Drift says about them. */
  readonly sent: unknown;
  readonly answerAs: AnswerAs;
  readonly conceal: Conceal;
  readonly nowMs: number;
}

export function decodeAnswer(exchange: Exchange, reading: Reading): Answer {
  if (exchange.kind === 'lost') {
    const transient = exchange.code !== 'answer_too_large';
    return { kind: 'lost', code: exchange.code, detail: LOSSES[exchange.code], transient };
  }
  const { status, headers } = exchange;
  if (status >= 200 && status < 300) return success(exchange, reading);
  const body = parsed(exchange.text, reading.conceal);
  const { code, message } = errorOf(status, body, reading.conceal);
  const said = message === null ? body.said : masked(message, reading);
  const detail = said === '' ? code : `${code}: ${said}`;
  if (status === 429 || (status < 500 && code === 'rate_limit')) {
    return { kind: 'throttled', retryAfterMs: retryAfter(headers, reading.nowMs), detail };
  }
  // A redirect may stand for something that was done; it is never followed, since the bearer would go with it.
  if (status >= 300 && status < 400) {
    return { kind: 'lost', code: 'redirect_refused', detail: 'Drift answered with a redirect.', transient: false };
  }
  if (status >= 500 || status === 408 || status < 200) return lost(code, detail);
  return { kind: 'refused', status, code, detail };
}

/** JSON, or what a row says that its answer is: a text as it came, or a file in base64. */
function success(exchange: Extract<Exchange, { kind: 'answer' }>, { answerAs, conceal }: Reading): Answer {
  const { status, headers, text, base64 } = exchange;
  if (answerAs === 'bytes') {
    return { kind: 'ok', status, headers, value: { mediaType: headerOf(headers, 'content-type') ?? null, base64 } };
  }
  const unreadable = (what: string): Answer =>
    lost('answer_unreadable', `Drift answered ${String(status)}, but no ${what}.`);
  if (answerAs === 'text') {
    return text === null ? unreadable('text in UTF-8') : { kind: 'ok', status, headers, value: text };
  }
  const body = parsed(text, conceal);
  if (body.kind === 'unreadable') return unreadable('whole JSON');
  const { value } = body;
  // An error in a successful answer; beside `data` it is the older pages' habit and harmless (Drift API notes 1.5).
  if (isJsonObject(value) && !('data' in value) && (value['error'] != null || errorsIn(value).length > 0)) {
    return lost('error_in_success', `Drift answered ${String(status)} with an error inside.`);
  }
  return { kind: 'ok', status, value, headers };
}

const lost = (code: string, detail: string): Answer => ({ kind: 'lost', code, detail, transient: true });

type Body =
  | { readonly kind: 'json' | 'empty'; readonly value: unknown; readonly said: string }
  | { readonly kind: 'unreadable'; readonly said: string };

function parsed(text: string | null, conceal: Conceal): Body {
  if (text === null) return { kind: 'unreadable', said: 'not a text' };
  if (text.trim() === '') return { kind: 'empty', value: undefined, said: 'no body' };
  try {
    return { kind: 'json', value: concealedValue(parseJson(text), text, conceal), said: '' };
  } catch {
    return { kind: 'unreadable', said: /^\s*</.test(text) ? 'an HTML page' : 'no JSON' };
  }
}

/**
 * All the forms of an error: `{error}`, `{errors}`, CONTACT-n in either place, SCIM, the bare words of a gateway, HTML,
 * nothing (Drift API notes 1.5). Codes are ours or Drift's own words; a word that holds a piece of a secret is none.
 */
function errorOf(
  status: number,
  body: Body,
  conceal: Conceal,
): { readonly code: string; readonly message: string | null } {
  const value = body.kind === 'json' && isJsonObject(body.value) ? body.value : {};
  const errors = [...(isJsonObject(value['error']) ? [value['error']] : []), ...errorsIn(value)];
  const [error = {}] = errors;
  const message =
    textOf(error, 'message') ??
    textOf(value, 'detail') ??
    textOf(value, 'message') ??
    textOf(value, 'error_description') ??
    textOf(error, 'description');
  const words = errors.map((one) => `${textOf(one, 'type') ?? ''} ${textOf(one, 'message') ?? ''}`).join(' ');
  const contact = /\bCONTACT-(\d{1,3})\b/i.exec(`${words} ${message ?? ''}`)?.[1];
  if (contact !== undefined) return { code: `contact_${String(Number(contact))}`, message };
  const scimType = textOf(value, 'scimType') ?? '';
  const known = [textOf(error, 'type') ?? textOf(value, 'error') ?? '', scimType === '' ? '' : `scim_${scimType}`];
  const code = known.find((word) => /^[a-z][a-z_]{2,39}$/.test(word) || /^scim_[A-Za-z]{3,40}$/.test(word));
  if (code !== undefined && conceal.parts(code) === code) return { code: code.toLowerCase(), message };
  return { code: `http_${String(status)}`, message };
}

/** `errors` of Drift, `Errors` of SCIM 1.1. */
function errorsIn(value: JsonObject): readonly JsonObject[] {
  const list = value['errors'] ?? value['Errors'];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function textOf(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' ? value : null;
}

/** What Drift says, fit to be stored and shown: short, without e-mails, long secrets, or anything that we sent. */
function masked(message: string, { sent, conceal }: Reading): string {
  let text = conceal.parts(message.slice(0, 4000)).replaceAll(/\s+/g, ' ').slice(0, 1000);
  for (const value of textsIn(sent, 0).toSorted((a, b) => b.length - a.length)) {
    if (value.trim().length >= 3) text = text.replaceAll(value, '[…]');
  }
  text = text.replaceAll(/[^\s"'<>@]+@[^\s"'<>@]+/g, '[e-mail]').replaceAll(/[A-Za-z0-9._-]{25,}/g, '[…]');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function textsIn(value: unknown, depth: number): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 8) return [];
  return Object.values(value).flatMap((inner) => textsIn(inner, depth + 1));
}

/** Nobody has seen one from Drift (Drift API notes 1.6); seconds or a date, should it ever appear. */
function retryAfter(headers: Headers, nowMs: number): number | null {
  const value = headerOf(headers, 'retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const date = value === '' ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
