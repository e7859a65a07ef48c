import { z } from 'zod';
import { nonBlank, NOTHING, operation, text } from './operation.ts';

export const tokenInfo = operation({
  name: 'token-info',
  summary: 'Says what a token is: organisation, scopes, lifetime in milliseconds.',
  method: 'POST',
  api: 'rest',
  path: '/app/token_info',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ access_token: nonBlank }),
  answer: z.looseObject({ authenticated_userid: text, scope: text, expires_in: z.number().nullish() }),
  pager: null,
  scope: null,
  rate: 'standard',
  // A POST that changes nothing.
  reversibility: 'read',
  source: 'Drift API notes 2.9: POST /app/token_info, unwrapped; expires_in is milliseconds, 0 until revoked',
});
