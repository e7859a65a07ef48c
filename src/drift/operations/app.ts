import { z } from 'zod';
import { acknowledged, NO_BODY, nonBlank, NOTHING, operation, text, wireId } from './operation.ts';

const SHARED = { api: 'rest', rate: 'standard', method: 'POST', params: NOTHING, pager: null, scope: null } as const;

export const tokenInfo = operation({
  ...SHARED,
  name: 'token-info',
  summary: 'Says what a token is: organisation, scopes, lifetime in milliseconds.',
  path: '/app/token_info',
  query: NOTHING,
  body: z.strictObject({ access_token: nonBlank }),
  // Drift repeats the token itself: what is not named here is left out, so that it goes no further.
  answer: z.object({
    authenticated_userid: text,
    scope: text,
    expires_in: z.number().nullish(),
    created_at: z.number().nullish(),
    token_type: text,
    credential_id: wireId.nullish(),
    id: wireId.nullish(),
  }),
  // A POST that changes nothing.
  reversibility: 'read',
  secrets: ['access_token'],
  source: 'Drift API notes 2.9: POST /app/token_info, unwrapped; expires_in is milliseconds, 0 until revoked',
});

export const uninstallApp = operation({
  ...SHARED,
  name: 'uninstall-app',
  summary: 'Takes a public app out of the organisation, which ends its tokens.',
  path: '/app/uninstall',
  query: z.strictObject({ clientId: nonBlank, clientSecret: nonBlank }),
  body: NO_BODY,
  answer: acknowledged,
  reversibility: 'irreversible',
  blastRadius:
    'Every token of the app ends at once, the bridge with it, until somebody installs the app again by hand.',
  // They travel in the query of the address.
  secrets: ['clientId', 'clientSecret'],
  source: 'Drift API notes 2.9: POST /app/uninstall?clientId=&clientSecret=, public apps only',
});
