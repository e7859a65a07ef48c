import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { Agent } from '../flows/inspect.ts';
import { personAnswer } from './entry-answer.ts';
import { personBriefSchema } from './gate.ts';
import { type Keyed, equalTo, flag, listRoute } from './list.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'agents';

const agentSchema = z
  .strictObject({
    id: z.string().describe('id of the Drift account, as text'),
    userName: z.string().nullable(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.string().nullable(),
    active: z.boolean(),
    person: personBriefSchema.nullable(),
    owned: z.strictObject({
      accounts: z.number().int(),
      contacts: z.number().int(),
      contactsListable: z.boolean().describe('false: only the contacts that are known are counted'),
    }),
  })
  .meta({ id: 'Agent' });

const impactSchema = z
  .strictObject({
    agent: agentSchema,
    protected: z.string().nullable().describe('why nothing may touch it'),
    receiver: z
      .strictObject({
        kind: z.enum(['nothing_owned', 'chosen', 'blocked']),
        account: z.string().nullable(),
        rule: z.string().nullable(),
        reasons: z.array(z.string()),
      })
      .describe('who would be given what the agent owns'),
    unknown: z.array(z.string()).describe('what cannot be seen'),
    irreversible: z.literal(true).describe('in Drift a removed agent cannot come back'),
    snapshotAt: z.string().nullable(),
  })
  .meta({ id: 'Impact' });

const ownedSchema = z.strictObject({ kind: z.enum(['account', 'contact']), id: z.string() }).meta({ id: 'OwnedItem' });

const agentParams = z.strictObject({ agent: z.string().regex(/^[\w-]{1,64}$/, 'is not the id of a Drift account') });

export function agentRoutes({ inspect }: ApiWorld): readonly Route[] {
  return [
    listRoute({
      path: '/agents',
      scope: 'read',
      tag: TAG,
      summary: 'Agents of Drift as last observed, with the person and what they own.',
      filters: {
        userName: z.string().max(254).optional(),
        role: z.string().max(40).optional(),
        active: flag.optional(),
      },
      item: agentSchema,
      csv: ['id', 'userName', 'email', 'name', 'role', 'active', 'person.id', 'person.name', 'owned.accounts'].concat([
        'owned.contacts',
        'owned.contactsListable',
      ]),
      key: /^[\w-]{1,64}$/,
      async open({ principal }, filters) {
        const all = (await inspect.agents(principal.tenantId)).map(agentAnswer);
        const agents = all.filter(equalTo<(typeof all)[number]>(filters) ?? (() => true));
        return {
          page: async (after, limit) =>
            sliced(
              agents.map((item) => ({ key: item.id, item })),
              after,
              limit,
            ),
          total: async () => agents.length,
        };
      },
    }),

    route({
      method: 'get',
      path: '/agents/{agent}/impact',
      scope: 'read',
      tag: TAG,
      summary: "What the agent's removal would touch.",
      params: agentParams,
      answers: { 200: { description: 'From what is stored; Drift is not asked.', schema: impactSchema } },
      async handle({ principal, params }) {
        const { agent, receiver, unknown, ...rest } = await inspect.impact(principal.tenantId, params.agent);
        return {
          status: 200,
          body: {
            ...rest,
            agent: agentAnswer(agent),
            receiver: { ...receiver, reasons: [...receiver.reasons] },
            unknown: [...unknown],
            irreversible: true,
          },
        };
      },
    }),

    listRoute({
      path: '/agents/{agent}/owned',
      scope: 'read',
      tag: TAG,
      summary: 'Accounts, then contacts, that the agent owns.',
      params: agentParams,
      filters: { kind: z.enum(['account', 'contact']).optional() },
      item: ownedSchema,
      csv: ['kind', 'id'],
      key: /^(account|contact):.{1,100}$/,
      async open({ principal, params }, { kind }) {
        const items = (await inspect.owned(principal.tenantId, params.agent)).filter(
          (item) => kind === undefined || item.kind === kind,
        );
        return {
          page: async (after, limit) =>
            sliced(
              items.map((item) => ({ key: `${item.kind}:${item.id}`, item })),
              after,
              limit,
            ),
          total: async () => items.length,
        };
      },
    }),
  ];
}

/** A page of a list that is in memory anyway. */
function sliced<Item>(all: readonly Keyed<Item>[], after: string | null, limit: number): readonly Keyed<Item>[] {
  if (after === null) return all.slice(0, limit);
  const at = all.findIndex(({ key }) => key === after);
  if (at < 0)
    throw new DomainError('request.invalid', 'The list has changed under this cursor; begin again without it.');
  return all.slice(at + 1, at + 1 + limit);
}

function agentAnswer({ id, userName, email, name, role, active, person, owned }: Agent): z.output<typeof agentSchema> {
  const { accounts, contacts, contactsListable } = owned;
  return {
    ...{ id, userName, email, name, role, active, person: personAnswer(person) },
    owned: { accounts, contacts, contactsListable },
  };
}
