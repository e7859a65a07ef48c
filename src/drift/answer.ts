import { isJsonObject, parseJson, type JsonObject } from './lossless-json.ts';
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

/** `sent`: the body of the call, whose values are blanked out of what Drift says about them. */
export function decodeAnswer(exchange: Exchange, sent: unknown, nowMs: number): Answer {
  if (exchange.kind === 'lost') {
    const transient = exchange.code !== 'answer_too_large';
    return { kind: 'lost', code: exchange.code, detail: LOSSES[exchange.code], transient };
  }
  const { status, headers, text } = exchange;
  const body = parsed(text);
  if (status >= 200 && status < 300) {
    if (body.kind === 'unreadable')
      return lost('answer_unreadable', `Drift answered ${String(status)}, but no whole JSON.`);
    const { value } = body;
    // An error in a successful answer; beside `data` it is the older pages' habit and harmless (Drift API notes 1.5).
    if (isJsonObject(value) && !('data' in value) && ('error' in value || 'errors' in value)) {
      return lost('error_in_success', `Drift answered ${String(status)} with an error inside.`);
    }
    return { kind: 'ok', status, value, headers };
  }
  const { code, message } = errorOf(status, body);
  const said = message === null ? body.said : masked(message, sent);
  const detail = said === '' ? code : `${code}: ${said}`;
  if (status === 429) return { kind: 'throttled', retryAfterMs: retryAfter(headers, nowMs), detail };
  // A redirect may stand for something that was done; it is never followed, since the bearer would go with it.
  if (status >= 300 && status < 400) {
    return { kind: 'lost', code: 'redirect_refused', detail: 'Drift answered with a redirect.', transient: false };
  }
  if (status >= 500 || status === 408 || status < 200) return lost(code, detail);
  return { kind: 'refused', status, code, detail };
}

const lost = (code: string, detail: string): Answer => ({ kind: 'lost', code, detail, transient: true });

type Body =
  | { readonly kind: 'json' | 'empty'; readonly value: unknown; readonly said: string }
  | { readonly kind: 'unreadable'; readonly said: string };

function parsed(text: string | null): Body {
  if (text === null) return { kind: 'unreadable', said: 'not a text' };
  if (text.trim() === '') return { kind: 'empty', value: undefined, said: 'no body' };
  try {
    return { kind: 'json', value: parseJson(text), said: '' };
  } catch {
    return { kind: 'unreadable', said: /^\s*</.test(text) ? 'an HTML page' : 'no JSON' };
  }
}

/** All the forms of an error: `{error}`, `{errors}`, CONTACT-n in either place, SCIM, HTML, nothing (Drift API notes 1.5). */
function errorOf(status: number, body: Body): { readonly code: string; readonly message: string | null } {
  const value = body.kind === 'json' && isJsonObject(body.value) ? body.value : {};
  const error = isJsonObject(value['error']) ? value['error'] : firstOf(value['errors']);
  const type = textOf(error, 'type') ?? '';
  const message = textOf(error, 'message') ?? textOf(value, 'detail') ?? textOf(value, 'message');
  const contact = /\bCONTACT-(\d{1,3})\b/i.exec(`${type} ${message ?? ''}`)?.[1];
  if (contact !== undefined) return { code: `contact_${contact}`, message };
  if (/^[a-z][a-z_]{2,39}$/.test(type)) return { code: type, message };
  const scimType = textOf(value, 'scimType') ?? '';
  if (/^[A-Za-z]{3,40}$/.test(scimType)) return { code: `scim_${scimType.toLowerCase()}`, message };
  return { code: `http_${String(status)}`, message };
}

function firstOf(errors: unknown): JsonObject {
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return isJsonObject(first) ? first : {};
}

function textOf(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' ? value : null;
}

/** What Drift says, fit to be stored and shown: short, without e-mails, long secrets, or anything that we sent. */
function masked(message: string, sent: unknown): string {
  let text = message.replaceAll(/\s+/g, ' ').slice(0, 1000);
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
