import { z } from 'zod';
import { fold } from '../core/fold.ts';
import { EXPLAIN_STEPS } from '../flows/inspect/explain.ts';
import type { PersonView } from '../flows/inspect.ts';
import { personBriefSchema } from './gate.ts';
import { idInPath, publicId } from './ids.ts';
import { listRoute, sifted } from './list.ts';
import { changeAnswer, changeSchema } from './plan-answer.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'people';

const personSchema = personBriefSchema
  .extend({
    createdAt: z.string(),
    records: z
      .strictObject({
        idp: z
          .looseObject({ state: z.enum(['active', 'inactive', 'deleted']), since: z.string(), userName: z.string() })
          .nullable()
          .describe('what the identity provider says'),
        hr: z
          .looseObject({ feed: z.string(), state: z.enum(['present', 'vanished', 'quarantined']), since: z.string() })
          .nullable()
          .describe('what the HR feed says'),
      })
      .describe('by source, as last accepted'),
    duplicates: z.array(z.string()).describe('sources in which more than one live record claims the person'),
    links: z.array(
      z.strictObject({
        id: z.string(),
        accountId: z.string(),
        confidence: z.number(),
        rule: z.string(),
        pinned: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Person' });

const explanationSchema = z
  .strictObject({
    person: personSchema,
    runId: z.string().nullable(),
    runAt: z.string().nullable(),
    situation: z.string().nullable(),
    steps: z
      .array(z.strictObject({ step: z.enum(EXPLAIN_STEPS), says: z.array(z.string()) }))
      .describe('the road of this person, in its order'),
    next: z.string().describe('what happens next, and who has to do it'),
    changes: z.array(changeSchema),
  })
  .meta({ id: 'Explanation' });

const personParams = z.strictObject({ person: idInPath('per') });

export function peopleRoutes({ inspect }: ApiWorld): readonly Route[] {
  return [
    listRoute({
      path: '/people',
      scope: 'read',
      tag: TAG,
      summary: 'People with what the sources say and the accounts they are linked to.',
      filters: {
        search: z.string().trim().min(1).max(254).optional().describe('part of a name, userName or e-mail address'),
      },
      item: personSchema,
      csv: ['id', 'name', 'userName', 'emails', 'createdAt', 'records.idp.state', 'records.idp.since']
        .concat(['records.idp.externalId', 'records.hr.feed', 'records.hr.state', 'records.hr.record.personKey'])
        .concat(['records.hr.record.status', 'records.hr.record.start', 'records.hr.record.end', 'links']),
      key: /^[0-9a-f-]{36}$/,
      open: async ({ principal }, { search }) => ({
        page: sifted(
          async (after, limit) =>
            (await inspect.people(principal.tenantId, after, limit)).map((person) => ({
              key: person.id,
              item: personAnswer(person),
            })),
          search === undefined ? null : isNamed(search),
        ),
      }),
    }),

    route({
      method: 'get',
      path: '/people/{person}',
      scope: 'read',
      tag: TAG,
      summary: 'One person.',
      params: personParams,
      answers: { 200: { description: 'The person.', schema: personSchema } },
      async handle({ principal, params }) {
        return { status: 200, body: personAnswer(await inspect.person(principal.tenantId, params.person)) };
      },
    }),

    route({
      method: 'get',
      path: '/people/{person}/explain',
      scope: 'read',
      tag: TAG,
      summary: 'Why things are as they are for this person, and what happens next.',
      params: personParams,
      answers: { 200: { description: 'From import to verification.', schema: explanationSchema } },
      async handle({ principal, params }) {
        const { person, runId, changes, ...rest } = await inspect.explain(principal.tenantId, params.person);
        return {
          status: 200,
          body: {
            ...rest,
            person: personAnswer(person),
            runId: runId === null ? null : publicId('run', runId),
            changes: changes.map(changeAnswer),
          },
        };
      },
    }),
  ];
}

function isNamed(search: string): (person: z.output<typeof personSchema>) => boolean {
  const wanted = fold(search);
  return ({ name, userName, emails }) =>
    [name, userName, ...emails].some((text) => text !== null && fold(text).includes(wanted));
}

function personAnswer({
  id,
  name,
  userName,
  emails,
  createdAt,
  records,
  links,
}: PersonView): z.output<typeof personSchema> {
  return {
    id: publicId('per', id),
    name,
    userName,
    emails: [...emails],
    createdAt,
    records: {
      idp: records.idp === undefined ? null : { ...records.idp },
      hr: records.hr === undefined ? null : { ...records.hr },
    },
    duplicates: [...records.duplicates],
    links: links.map((link) => ({
      id: link.id,
      accountId: link.accountId,
      confidence: link.confidence,
      rule: link.rule,
      pinned: link.pinned,
    })),
  };
}
