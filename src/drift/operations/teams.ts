import { z } from 'zod';
import { enveloped, NO_BODY, NOTHING, operation, pathId, text, wireId } from './operation.ts';

/** A team: nothing changes its membership by API (Drift API notes 2.3). */
const team = z.looseObject({
  id: wireId,
  orgId: wireId.nullish(),
  name: text,
  members: z.array(wireId).nullish(),
  owner: wireId.nullish(),
  status: text,
});

const SHARED = {
  api: 'rest',
  scope: 'user_read',
  rate: 'standard',
  reversibility: 'read',
  pager: 'whole',
  method: 'GET',
  query: NOTHING,
  body: NO_BODY,
  answer: enveloped(z.array(team)),
} as const;

export const listTeams = operation({
  ...SHARED,
  name: 'list-teams',
  summary: 'Lists the teams of the organisation with their members.',
  path: '/teams/org',
  params: NOTHING,
  source: 'Drift API notes 2.3: GET /teams/org, read only; the scope is assumed',
});

export const listUserTeams = operation({
  ...SHARED,
  name: 'list-user-teams',
  summary: 'Lists the teams of one agent.',
  path: '/teams/users/{userId}',
  params: z.strictObject({ userId: pathId }),
  source: 'Drift API notes 2.3: GET /teams/users/{userId}; the scope is assumed',
});
