import { z } from 'zod';
import type { DriftEvent, DriftEventKey } from '../flows/event-port.ts';
import { publicId } from './ids.ts';
import { equalTo, listRoute, mapped, sifted } from './list.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'drift';
const KEY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f-]{36})$/;

const stateSchema = z.enum(['pending', 'done', 'ignored']);

const eventSchema = z
  .strictObject({
    id: z.string(),
    type: z.string().describe('as Drift names it'),
    object: z
      .string()
      .nullable()
      .describe('contact:…, agent:…, conversation:…, org:… with the id in Drift, or email:… with a keyed hash'),
    receivedAt: z.string(),
    state: stateSchema.describe('pending: its effect is to come; done: it had one; ignored: it has none'),
    why: z
      .string()
      .nullable()
      .describe(
        'marked, tenant_paused; or of ignored ones unknown_type, no_effect, names_nothing, other_org, already_paused, too_many_marks',
      ),
    settledAt: z.string().nullable(),
    repeats: z.number().int().describe('how often the same content came again'),
  })
  .meta({ id: 'DriftEvent', description: 'A webhook of Drift: what it was about and what became of it.' });

const webhookSchema = z
  .strictObject({
    url: z.string().describe('the request URL of the app in Drift; who knows it still needs a verification token'),
    tokens: z.number().int().describe('verification tokens that are set up; none: nothing is taken'),
    lastReceivedAt: z.string().nullable(),
    events: z.strictObject({ pending: z.number().int(), done: z.number().int(), ignored: z.number().int() }),
  })
  .meta({ id: 'DriftWebhook' });

/** Any instant of ISO 8601, as the store writes it. */
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export function driftEventRoutes({ store, webhook }: ApiWorld): readonly Route[] {
  return [
    listRoute({
      path: '/drift/events',
      scope: 'read',
      tag: TAG,
      summary: 'The webhooks that Drift sent in the last 7 days, newest first, and what became of each; no payloads.',
      filters: {
        type: z.string().max(64).optional(),
        state: stateSchema.optional(),
        why: z.string().max(64).optional(),
        object: z.string().max(100).optional(),
        since: instant.optional().describe('from this instant on'),
        until: instant.optional().describe('before this instant'),
      },
      item: eventSchema,
      csv: ['id', 'type', 'object', 'receivedAt', 'state', 'why', 'settledAt', 'repeats'],
      key: KEY,
      open: async ({ principal }, { since, until, ...equal }) => {
        const { events } = store.tenant(principal.tenantId);
        const times = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
        const page = async (after: string | null, limit: number) =>
          (await events.list(times, after === null ? null : keyOf(after), limit)).map((event) => ({
            key: `${event.receivedAt} ${event.id}`,
            item: event,
          }));
        return { page: mapped(sifted(page, equalTo<DriftEvent>(equal)), async (event) => eventAnswer(event)) };
      },
    }),
    route({
      method: 'get',
      path: '/drift/webhook',
      scope: 'admin',
      tag: TAG,
      summary: 'Where Drift is to send its webhooks, and whether they arrive.',
      answers: { 200: { description: 'Address and counts.', schema: webhookSchema } },
      async handle({ principal: { tenantId } }) {
        const { events } = store.tenant(tenantId);
        const body = {
          ...(await webhook(tenantId)),
          lastReceivedAt: await events.lastReceivedAt(),
          events: await events.counts(),
        };
        return { status: 200, body };
      },
    }),
  ];
}

/** `text` matches KEY. */
function keyOf(text: string): DriftEventKey {
  const [, receivedAt = '', id = ''] = KEY.exec(text) ?? [];
  return { receivedAt, id };
}

function eventAnswer(event: DriftEvent): z.output<typeof eventSchema> {
  return { ...event, id: publicId('evt', event.id) };
}
