import { z } from 'zod';
import { address, isLoopback } from './address.ts';
import { whole } from './whole.ts';

/** Drift, as the environment describes it. */
export interface DriftConfig {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly scimPath: (typeof SCIM_PATHS)[number];
  /** Null: none in the environment. */
  readonly credentials: DriftCredentials | null;
  /** None, one, or two while they are exchanged: what a webhook of Drift must carry. */
  readonly webhookTokens: readonly string[];
  readonly ratePerMinute: number;
  readonly settleMs: number;
}

export type DriftCredentials =
  | { readonly kind: 'token'; readonly token: string; readonly scimToken: string }
  | {
      readonly kind: 'oauth';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly scimToken?: string;
    };

const SECRET = { secret: true } as const;
const SCIM_PATHS = ['auto', '/scim/v2', '/scim'] as const;
const OAUTH = ['DRIFT_CLIENT_ID', 'DRIFT_CLIENT_SECRET', 'DRIFT_REFRESH_TOKEN'] as const;

const word = z
  .string()
  .max(4096, 'is longer than any of Drift')
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
const secret = word.min(8, 'must have 8 characters or more');

/** Paths below it are judged before they go out, so the base itself may neither hide a part of the API nor change form. */
const baseUrl = address(isLoopback, 'must be https: (http: sends tokens in the clear and is only for loopback)')
  .refine(
    (text) => /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/.test(new URL(text).pathname.replace(/\/+$/, '')),
    'must have a plain path: letters, digits, and . _ ~ -',
  )
  .refine(
    (text) => !/scim|user/i.test(new URL(text).pathname.replaceAll(/[^A-Za-z]/g, '')),
    'must not end inside the API (its path names SCIM or users)',
  );

const webhookTokens = z
  .string()
  .transform((text): readonly string[] => text.split(',').map((token) => token.trim()))
  .refine((tokens) => tokens.length <= 2, 'must be one token, or two while they are exchanged')
  .refine(
    (tokens) => tokens.every((token) => /^[\x21-\x7e]{8,512}$/.test(token)),
    'must be tokens of 8 to 512 printable ASCII characters without blanks or commas',
  )
  .refine((tokens) => new Set(tokens).size === tokens.length, 'names one token twice');

export const DRIFT_VARIABLES = {
  DRIFT_BASE_URL: baseUrl.default('https://driftapi.com').describe('where Drift answers'),
  DRIFT_SCIM_PATH: z.enum(SCIM_PATHS).default('auto').describe("where Drift's SCIM answers; auto asks both once"),
  DRIFT_TOKEN: secret.optional().describe('private-app token of Drift').meta(SECRET),
  DRIFT_CLIENT_ID: word.optional().describe('OAuth client, instead of DRIFT_TOKEN'),
  DRIFT_CLIENT_SECRET: secret.optional().describe('OAuth client secret').meta(SECRET),
  DRIFT_REFRESH_TOKEN: secret.optional().describe('OAuth refresh token to begin with').meta(SECRET),
  DRIFT_SCIM_TOKEN: secret.optional().describe('where SCIM has a token of its own').meta(SECRET),
  DRIFT_WEBHOOK_TOKENS: webhookTokens.optional().describe('one or two verification tokens of webhooks').meta(SECRET),
  DRIFT_RATE_PER_MINUTE: whole(1, 6000).default(180).describe('most calls to Drift in a minute'),
  DRIFT_SETTLE_MS: whole(50, 3_600_000).default(60_000).describe('rest of an unknown outcome before it is read back'),
} as const;

type Variables = z.output<z.ZodObject<typeof DRIFT_VARIABLES>>;
type Name = keyof typeof DRIFT_VARIABLES;

/** `baseUrlIsSet`: it is in the environment, not the default; `stored`: credentials may be in the store already. */
export function driftContradictions(
  v: Variables,
  at: { readonly baseUrlIsSet: boolean; readonly stored: boolean },
  refuse: (variable: Name, problem: string) => void,
): void {
  const given = OAUTH.filter((name) => v[name] !== undefined);
  const lacking = given.length > 0 ? OAUTH.filter((name) => v[name] === undefined) : [];
  for (const name of lacking) refuse(name, `is missing: OAuth needs ${OAUTH.join(', ')} together`);
  if (v.DRIFT_TOKEN !== undefined && given.length > 0) {
    refuse('DRIFT_TOKEN', `is set beside ${given.join(', ')}: give a private-app token or an OAuth client, not both`);
  }
  const credentials = v.DRIFT_TOKEN !== undefined || given.length > 0;
  if (v.DRIFT_SCIM_TOKEN !== undefined && !credentials) {
    refuse('DRIFT_SCIM_TOKEN', 'is set without DRIFT_TOKEN: the REST half of Drift would be out of reach');
  }
  if (at.baseUrlIsSet && !credentials && !at.stored) {
    refuse('DRIFT_BASE_URL', 'is set without DRIFT_TOKEN; set the token, or unset both for demo mode');
  }
  if ((credentials || at.stored) && settlesTooSoon(v.DRIFT_BASE_URL, v.DRIFT_SETTLE_MS)) {
    refuse('DRIFT_SETTLE_MS', SETTLES_TOO_SOON);
  }
}

export const SETTLES_TOO_SOON = 'must be 60000 or more for a real Drift: a shorter wait has created people twice';

/** A real Drift, which is any that is not of this machine, is read back no sooner than a minute after a lost answer. */
export function settlesTooSoon(baseUrl: string, settleMs: number): boolean {
  return settleMs < 60_000 && !isLoopback(new URL(baseUrl).hostname);
}

export function toDrift(v: Variables): DriftConfig {
  return {
    baseUrl: v.DRIFT_BASE_URL,
    scimPath: v.DRIFT_SCIM_PATH,
    credentials: credentialsOf(v),
    webhookTokens: v.DRIFT_WEBHOOK_TOKENS ?? [],
    ratePerMinute: v.DRIFT_RATE_PER_MINUTE,
    settleMs: v.DRIFT_SETTLE_MS,
  };
}

function credentialsOf(v: Variables): DriftCredentials | null {
  if (v.DRIFT_TOKEN !== undefined) {
    return { kind: 'token', token: v.DRIFT_TOKEN, scimToken: v.DRIFT_SCIM_TOKEN ?? v.DRIFT_TOKEN };
  }
  const { DRIFT_CLIENT_ID: clientId, DRIFT_CLIENT_SECRET: clientSecret, DRIFT_REFRESH_TOKEN: refreshToken } = v;
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) return null;
  const { DRIFT_SCIM_TOKEN: scimToken } = v;
  return { kind: 'oauth', clientId, clientSecret, refreshToken, ...(scimToken === undefined ? {} : { scimToken }) };
}
