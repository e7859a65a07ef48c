import { z } from 'zod';
import { bare, NO_BODY, NOTHING, operation, text, wireId } from './operation.ts';

const SHARED = {
  api: 'rest',
  scope: null,
  rate: 'standard',
  reversibility: 'read',
  pager: 'whole',
  method: 'GET',
  params: NOTHING,
  query: NOTHING,
  body: NO_BODY,
} as const;

export const listPlaybooks = operation({
  ...SHARED,
  name: 'list-playbooks',
  summary: 'Lists the active playbooks with their goals and the agents who made them.',
  path: '/playbooks/list',
  answer: bare(
    z.array(
      z.looseObject({
        id: wireId,
        name: text,
        orgId: wireId.nullish(),
        createdAuthorId: wireId.nullish(),
        updatedAuthorId: wireId.nullish(),
        interactionId: wireId.nullish(),
        goals: z.array(z.looseObject({ id: wireId.nullish(), message: text })).nullish(),
      }),
    ),
  ),
  source: 'Drift API notes 2.7: GET /playbooks/list, a bare list of the active ones, no documented scope',
});

export const listLandingPages = operation({
  ...SHARED,
  name: 'list-landing-pages',
  summary: 'Lists the conversational landing pages and the playbooks behind them.',
  path: '/playbooks/clp',
  answer: bare(z.array(z.looseObject({ playbookId: wireId, playbookName: text, landingPageUrl: text }))),
  source: 'Drift API notes 2.7: GET /playbooks/clp, a bare list, no documented scope',
});
