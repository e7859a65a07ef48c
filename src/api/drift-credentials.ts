import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld, GivenDriftCredentials } from './world.ts';

const secret = z
  .string()
  .min(8)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks');

const givenSchema = z
  .union([
    z.strictObject({ token: secret.describe('of a private app'), scimToken: secret.optional() }),
    z.strictObject({
      clientId: z
        .string()
        .max(4096)
        .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks'),
      clientSecret: secret,
      refreshToken: secret,
      scimToken: secret.optional().describe('where SCIM has a token of its own'),
    }),
  ])
  .meta({ id: 'DriftCredentials' });

const verifiedSchema = z
  .strictObject({
    kind: z.enum(['token', 'oauth']),
    organisation: z.string().nullable().describe('Drift organisation that they are of'),
    scopes: z.array(z.string()),
  })
  .meta({ id: 'VerifiedDriftCredentials' });

function given(body: z.output<typeof givenSchema>): GivenDriftCredentials {
  const { scimToken } = body;
  if ('token' in body) return { kind: 'token', token: body.token, scimToken: scimToken ?? body.token };
  const { clientId, clientSecret, refreshToken } = body;
  return { kind: 'oauth', clientId, clientSecret, refreshToken, ...(scimToken === undefined ? {} : { scimToken }) };
}

export function driftCredentialRoutes(world: ApiWorld): readonly Route[] {
  return [
    route({
      method: 'put',
      path: '/tenants/{tenant}/drift',
      scope: 'admin',
      tag: 'administration',
      summary: 'Other Drift credentials, verified before the old ones are dropped. They are sealed and never shown.',
      params: z.strictObject({ tenant: z.string().max(63) }),
      body: givenSchema,
      answers: { 200: { description: 'What Drift says of them.', schema: verifiedSchema } },
      async handle({ principal, params, body }) {
        // The tenant of the credential, under its own id: no path reaches another one.
        if (params.tenant !== principal.tenantId) throw new DomainError('not_found', 'No such tenant.');
        const verified = await world.driftCredentials.replace(principal.tenantId, given(body), principal.tokenId);
        return { status: 200, body: { ...verified, scopes: [...verified.scopes] } };
      },
    }),
  ];
}
