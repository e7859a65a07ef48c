import type { ApiWorld, Check } from './world.ts';

/** In milliseconds. */
const WEEK = 7 * 86_400_000;
const MANY_WAIT = 1_000;

/** What an operator should know of the webhooks of Drift; a tenant that they paused first. */
export async function webhookChecks({ store, clock, webhook }: ApiWorld, tenantId: string): Promise<readonly Check[]> {
  const { events, settings } = store.tenant(tenantId);
  const { tokens } = await webhook(tenantId);
  const { pending } = await events.counts();
  const disconnectedAt = await settings.get('drift.disconnected_at');
  const isDisconnected = disconnectedAt !== null && (await events.isTenantPaused());
  return [
    ...(isDisconnected ? [disconnected(disconnectedAt, tenantId)] : []),
    ...(pending > MANY_WAIT
      ? [
          {
            code: 'drift.events_waiting',
            state: 'warn' as const,
            detail: `${String(pending)} events wait: no worker runs, or the tenant is paused. Too many are refused with 503.`,
          },
        ]
      : []),
    arrivals(tokens, await events.lastReceivedAt(), pending, Date.parse(clock.now())),
  ];
}

function disconnected(at: string, tenantId: string): Check {
  return {
    code: 'drift.disconnected',
    state: 'fail',
    detail: `Drift disconnected the app at ${at}, and the tenant was paused. Install the app in Drift again, give the bridge the new token ("bridge drift credentials", PUT /api/v1/tenants/${tenantId}/drift), then "bridge tenant resume" (POST /api/v1/tenants/${tenantId}/resume).`,
  };
}

function arrivals(tokens: number, last: string | null, pending: number, now: number): Check {
  const code = 'drift.webhooks';
  if (tokens === 0) {
    return {
      code,
      state: 'ok',
      detail:
        'Webhooks are not set up: changes made in Drift are seen at the next run. "bridge drift webhook" (GET /api/v1/drift/webhook) names the request URL for the app in Drift; DRIFT_WEBHOOK_TOKENS takes its verification token.',
    };
  }
  if (tokens > 1) {
    return {
      code,
      state: 'warn',
      detail:
        'Two verification tokens are valid; take the old one out of DRIFT_WEBHOOK_TOKENS when Drift sends the new.',
    };
  }
  if (last === null) {
    return {
      code,
      state: 'warn',
      detail:
        'No event came yet (they are kept for 7 days). "bridge drift webhook" (GET /api/v1/drift/webhook) says the request URL that the app in Drift needs; Drift may begin to send only after the app is installed again.',
    };
  }
  if (now - Date.parse(last) > WEEK) {
    return {
      code,
      state: 'warn',
      detail:
        'Nothing arrived in 7 days: look at the request URL of the app, at the log for webhook.refused (a wrong token), and install the app again after adding events or scopes.',
    };
  }
  return { code, state: 'ok', detail: `The last event came at ${last}; ${String(pending)} wait.` };
}
