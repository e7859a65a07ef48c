import { z } from 'zod';
import { documentAddress } from './address.ts';

/** OAuth access tokens of one issuer at /scim/v2, beside the bridge's own tokens. */
export interface ScimJwtConfig {
  /** Exactly as the issuer writes it into `iss`: a slash at the end counts. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** The claim that says whose token it is. Absent: every token of the issuer belongs to the default tenant. */
  readonly tenantClaim?: string;
  /** Value of that claim -> tenant id. */
  readonly tenants: ReadonlyMap<string, string>;
  /** What a token may do that names no scope at all. */
  readonly defaultScopes: readonly string[];
}

const SCOPES = ['scim:read', 'scim:write'] as const;
const NEEDED = ['SCIM_JWT_ISSUER', 'SCIM_JWT_AUDIENCE', 'SCIM_JWKS_URL'] as const;

const word = z
  .string()
  .max(512, 'must have 512 characters at most')
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

const tenants = z
  .string()
  .transform((text) => text.split(',').map((pair) => pair.trim()))
  .refine((pairs) => pairs.every((pair) => /^[^=\s][^\s]{0,255}=[a-z0-9][a-z0-9-]{0,62}$/.test(pair)), {
    error: 'must be claim-value=tenant-id, several with commas between them',
    abort: true,
  })
  .transform((pairs) =>
    pairs.map((pair) => [pair.slice(0, pair.lastIndexOf('=')), pair.split('=').at(-1) ?? ''] as const),
  )
  .refine((pairs) => new Set(pairs.map(([value]) => value)).size === pairs.length, 'names one claim value twice')
  .transform((pairs): ReadonlyMap<string, string> => new Map(pairs));

const scopes = z
  .string()
  .transform((text) => [...new Set(text.split(/[\s,]+/).filter((scope) => scope !== ''))])
  .refine(
    (list) => list.every((scope) => SCOPES.some((own) => own === scope)),
    `must be ${SCOPES.join(' or ')}, or both`,
  );

export const SCIM_JWT_VARIABLES = {
  SCIM_JWT_ISSUER: word.optional().describe('accept access tokens of this issuer at /scim/v2 too; as in their iss'),
  SCIM_JWT_AUDIENCE: word.optional().describe('what their aud must be'),
  SCIM_JWKS_URL: documentAddress('must be https: (whoever can change the keys on their way can sign in)')
    .optional()
    .describe("where the issuer's keys are"),
  SCIM_JWT_TENANT_CLAIM: word.optional().describe('claim that says whose token it is, such as tid'),
  SCIM_JWT_TENANTS: tenants.optional().describe('claim-value=tenant-id,…: whose token it is'),
  SCIM_JWT_DEFAULT_SCOPES: scopes.optional().describe('scopes of a token that names none; without it, 403'),
} as const;

type Variables = { readonly [K in keyof typeof SCIM_JWT_VARIABLES]?: z.output<(typeof SCIM_JWT_VARIABLES)[K]> };
type Name = keyof typeof SCIM_JWT_VARIABLES;

export function scimJwtContradictions(v: Variables, refuse: (variable: Name, problem: string) => void): void {
  const set = (Object.keys(SCIM_JWT_VARIABLES) as Name[]).filter((name) => v[name] !== undefined);
  const lacking = set.length > 0 ? NEEDED.filter((name) => v[name] === undefined) : [];
  for (const name of lacking) refuse(name, `is missing: access tokens need ${NEEDED.join(', ')} together`);
  if (v.SCIM_JWT_TENANT_CLAIM !== undefined && v.SCIM_JWT_TENANTS === undefined) {
    refuse('SCIM_JWT_TENANTS', 'is missing: with SCIM_JWT_TENANT_CLAIM it says whose token it is');
  }
  if (v.SCIM_JWT_TENANTS !== undefined && v.SCIM_JWT_TENANT_CLAIM === undefined) {
    refuse('SCIM_JWT_TENANT_CLAIM', 'is missing: SCIM_JWT_TENANTS are values of that claim');
  }
}

export function toScimJwt(v: Variables): ScimJwtConfig | undefined {
  const { SCIM_JWT_ISSUER: issuer, SCIM_JWT_AUDIENCE: audience, SCIM_JWKS_URL: jwksUrl } = v;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined;
  return {
    issuer,
    audience,
    jwksUrl,
    ...(v.SCIM_JWT_TENANT_CLAIM === undefined ? {} : { tenantClaim: v.SCIM_JWT_TENANT_CLAIM }),
    tenants: v.SCIM_JWT_TENANTS ?? new Map(),
    defaultScopes: v.SCIM_JWT_DEFAULT_SCOPES ?? [],
  };
}
