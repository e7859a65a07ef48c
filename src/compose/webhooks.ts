import type { Express } from 'express';
import { createWebhooks } from '../api/webhooks.ts';
import { createVerificationTokens } from '../auth/verification-tokens.ts';
import type { Config } from '../config.ts';
import { parseJson } from '../drift/lossless-json.ts';
import type { Log } from '../flows/ports.ts';
import type { ReceiveEvent } from '../flows/receive-event.ts';
import type { Database } from '../storage/database.ts';
import { createWebhookAddresses } from '../storage/events.ts';
import { DEFAULT_TENANT } from '../storage/tenants.ts';

export interface Webhooks {
  /** To be mounted at `/webhooks/drift`. */
  readonly app: Express;
  /** What an administrator needs to set Drift up. */
  show(tenantId: string): Promise<{ readonly url: string; readonly tokens: number }>;
}

/** The verification tokens of the environment are the default tenant's. */
export function composeWebhooks(parts: {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly receiveEvent: ReceiveEvent;
}): Webhooks {
  const { config, log, database, receiveEvent } = parts;
  const tokens = createVerificationTokens(config.drift.webhookTokens);
  const tokensOf = (tenantId: string) => (tenantId === DEFAULT_TENANT && tokens.count > 0 ? tokens : null);
  return {
    app: createWebhooks({
      tenantOf: (address) => createWebhookAddresses(database).tenantOf(address),
      tokens: tokensOf,
      receive: (tenantId, payload) => receiveEvent.receive(tenantId, payload),
      parse: parseJson,
      log,
    }),
    show: async (tenantId) => ({
      url: `${config.publicUrl}/webhooks/drift/${await receiveEvent.address(tenantId)}`,
      tokens: tokensOf(tenantId)?.count ?? 0,
    }),
  };
}
