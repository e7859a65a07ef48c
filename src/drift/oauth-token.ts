import { isBearer } from './credentials.ts';
import { isJsonObject, type JsonObject, parseJson } from './lossless-json.ts';
import type { Exchange } from './transport.ts';

/** A bearer with its time. */
export interface Access {
  readonly token: string;
  /** From then on it is renewed before it is used; null: it is not said when it ends. */
  readonly renewAt: string | null;
  readonly endsAt: string | null;
}

/**
 * What the token endpoint answered. `refused`: it knows the request and will not have it. `lost`: nothing sure; `maySpend`
 * where the refresh token may have been spent by it. Codes are ours or those of RFC 6749: nothing that the server wrote
 * itself goes any further, since it was sent secrets.
 */
export type TokenAnswer =
  | { readonly kind: 'granted'; readonly access: Access; readonly refreshToken: string | null }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'lost'; readonly code: string; readonly maySpend: boolean };

/** RFC 6749 5.2, and Drift's own words (Drift API notes 1.5). */
const KNOWN_CODES: readonly string[] = [
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'authentication_error', 'validation_error', 'permission_error'],
];
const LONGEST_LIFE = 10 * 365 * 86_400;
/** Renewed so long before the end: a tenth of its life, two minutes at most (milliseconds). */
const MARGIN = 120_000;

/** One refresh grant, form-encoded (Drift API notes 1.3, dialect A). `now`: epoch milliseconds. */
export async function askForToken(
  grant: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string },
  post: (form: string) => Promise<Exchange>,
  now: () => number,
): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    client_id: grant.clientId,
    client_secret: grant.clientSecret,
    refresh_token: grant.refreshToken,
    grant_type: 'refresh_token',
  });
  const askedAt = now();
  const exchange = await post(form.toString());
  if (exchange.kind === 'lost') {
    return { kind: 'lost', code: exchange.code, maySpend: exchange.code !== 'not_connected' };
  }
  const { status, text } = exchange;
  const body = objectOf(text);
  if (status >= 200 && status < 300) {
    return (body && granted(body, askedAt)) ?? { kind: 'lost', code: 'answer_shape', maySpend: true };
  }
  // Only an answer that speaks JSON is the endpoint's own: a proxy in between refuses as well, with a page, or a 403.
  const code = codeOf(body ?? {}, status);
  const own = body !== null && (status === 400 || status === 401 || (status === 403 && !code.startsWith('http_')));
  if (own) return { kind: 'refused', code };
  if (status >= 300 && status < 400) return { kind: 'lost', code: 'redirect_refused', maySpend: false };
  return { kind: 'lost', code, maySpend: status >= 500 };
}

/** Both dialects of the answer: snake case and camel case (Drift API notes 1.3). */
function granted(body: JsonObject, askedAt: number): TokenAnswer | null {
  const token = body['access_token'] ?? body['accessToken'];
  const refreshToken = body['refresh_token'] ?? body['refreshToken'] ?? null;
  if (!isBearer(token) || (refreshToken !== null && !isBearer(refreshToken))) return null;
  // Seconds here, where token_info says milliseconds (Drift API notes 2.9); 0 or nothing says no end.
  const seconds = Number(body['expires_in'] ?? body['expiresIn'] ?? 0);
  if (!(seconds > 0)) return { kind: 'granted', access: { token, renewAt: null, endsAt: null }, refreshToken };
  const life = Math.min(seconds, LONGEST_LIFE) * 1000;
  const at = (ms: number): string => new Date(askedAt + ms).toISOString();
  const access = { token, renewAt: at(life - Math.min(MARGIN, life / 10)), endsAt: at(life) };
  return { kind: 'granted', access, refreshToken };
}

function codeOf(body: JsonObject, status: number): string {
  const { error } = body;
  const said: unknown = isJsonObject(error) ? error['type'] : error;
  return KNOWN_CODES.find((code) => code === said) ?? `http_${String(status)}`;
}

function objectOf(text: string | null): JsonObject | null {
  try {
    const value = text === null ? null : parseJson(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
