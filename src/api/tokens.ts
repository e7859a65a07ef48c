import { z } from 'zod';
import { API_SCOPES, ROTATION_OVERLAP, SCIM_SCOPES, TOKEN_DAYS } from '../auth/scopes.ts';
import { TOKEN_WARNINGS, daysLeft, tokenWarning } from '../core/token-life.ts';
import type { TokenRecord } from '../flows/token-port.ts';
import { equalTo, listRoute, sifted } from './list.ts';
import { printable } from './printable.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'tokens';
const ID = /^[\w-]{1,64}$/;

const tokenSchema = z
  .strictObject({
    id: z.string(),
    audience: z.enum(['api', 'scim']),
    scopes: z.array(z.string()),
    subject: z.string().describe('the person or system that it stands for'),
    name: z.string(),
    createdBy: z.string(),
    createdAt: z.string(),
    expiresAt: z.string(),
    revokedAt: z.string().nullable(),
    lastUsedAt: z.string().nullable(),
    pausedAt: z.string().nullable().describe('refused since then, until it is resumed'),
    expiresInDays: z.number().int().describe('whole days that are left, below zero once it has ended'),
    warning: z.enum(TOKEN_WARNINGS).nullable().describe('the most urgent one'),
  })
  .meta({ id: 'Token' });

const newTokenSchema = tokenSchema
  .extend({ token: z.string().describe('shown once; only a keyed hash is kept') })
  .meta({ id: 'NewToken' });

const tokenParams = z.strictObject({ token: z.string().regex(ID, 'is not the id of a token') });
const text = printable(200);

export function tokenRoutes({ tokens, clock }: ApiWorld): readonly Route[] {
  function switchToken(name: 'pause' | 'resume', summary: string): Route {
    return route({
      method: 'post',
      path: `/tokens/{token}/${name}`,
      scope: 'admin',
      tag: TAG,
      summary,
      params: tokenParams,
      answers: { 200: { description: 'The token as it is now.', schema: tokenSchema } },
      async handle({ principal, params }) {
        return { status: 200, body: tokenAnswer(await tokens[name](principal, params.token), clock.now()) };
      },
    });
  }

  return [
    route({
      method: 'post',
      path: '/tokens',
      scope: 'admin',
      tag: TAG,
      summary: "Makes a token. For its first 24 hours it counts as its creator's in two-person rules.",
      body: z.strictObject({
        audience: z.enum(['api', 'scim']).default('api'),
        scopes: z.array(z.enum([...API_SCOPES, ...SCIM_SCOPES])).min(1),
        subject: text.describe('the person or system that it stands for'),
        name: text.optional().describe('what people call it; the subject unless given'),
        expiresInDays: z.number().int().min(1).max(TOKEN_DAYS.most).default(TOKEN_DAYS.standard),
      }),
      answers: { 201: { description: 'The token; its text is shown once.', schema: newTokenSchema } },
      async handle({ principal, body }) {
        const { audience, scopes, subject, name, expiresInDays } = body;
        const made = await tokens.create({
          by: principal,
          ...{ audience, scopes, subject, name: name ?? subject, expiresInDays },
        });
        return { status: 201, body: { ...tokenAnswer(made.record, clock.now()), token: made.token } };
      },
    }),

    listRoute({
      path: '/tokens',
      scope: 'admin',
      tag: TAG,
      summary: 'Tokens, without their texts.',
      filters: { audience: tokenSchema.shape.audience.optional(), subject: z.string().max(200).optional() },
      item: tokenSchema,
      csv: ['id', 'audience', 'scopes', 'subject', 'name', 'createdBy', 'createdAt', 'expiresAt', 'revokedAt'].concat([
        ...['lastUsedAt', 'pausedAt', 'expiresInDays', 'warning'],
      ]),
      key: ID,
      open: async ({ principal }, filters) => ({
        page: sifted(
          async (after, limit) =>
            (await tokens.list(principal.tenantId, after, limit)).map((record) => ({
              key: record.id,
              item: tokenAnswer(record, clock.now()),
            })),
          equalTo(filters),
        ),
      }),
    }),

    route({
      method: 'post',
      path: '/tokens/{token}/rotate',
      scope: 'admin',
      tag: TAG,
      summary: 'Makes a token like this one; the old one goes on for the overlap.',
      params: tokenParams,
      body: z
        .strictObject({ overlapSeconds: z.number().int().min(0).max(ROTATION_OVERLAP.most).optional() })
        .optional(),
      answers: { 201: { description: 'The new token; its text is shown once.', schema: newTokenSchema } },
      async handle({ principal, params, body }) {
        const overlapSeconds = body?.overlapSeconds ?? ROTATION_OVERLAP.standard;
        const made = await tokens.rotate({ by: principal, id: params.token, overlapSeconds });
        return { status: 201, body: { ...tokenAnswer(made.record, clock.now()), token: made.token } };
      },
    }),

    route({
      method: 'delete',
      path: '/tokens/{token}',
      scope: 'admin',
      tag: TAG,
      summary: 'Revokes a token at once, in every process.',
      params: tokenParams,
      answers: { 204: { description: 'Revoked.' } },
      async handle({ principal, params }) {
        await tokens.revoke(principal, params.token);
        return { status: 204 };
      },
    }),

    switchToken('pause', 'Refuses a token at once, in every process, until it is resumed. Not the one that asks.'),
    switchToken('resume', 'Takes the token again.'),
  ];
}

function tokenAnswer(record: TokenRecord, now: string): z.output<typeof tokenSchema> {
  const { id, audience, scopes, subject, name, createdBy, createdAt, expiresAt } = record;
  return {
    ...{ id, audience, scopes: [...scopes], subject, name, createdBy, createdAt, expiresAt },
    revokedAt: record.revokedAt ?? null,
    lastUsedAt: record.lastUsedAt ?? null,
    pausedAt: record.pausedAt ?? null,
    expiresInDays: daysLeft(expiresAt, now),
    warning: tokenWarning(record, now),
  };
}
