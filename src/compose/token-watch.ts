import { daysLeft } from '../core/token-life.ts';
import type { Clock, Log } from '../flows/ports.ts';
import type { TokenStore } from '../flows/token-port.ts';

const DAY = 86_400_000;
const WARNED_DAYS = 30;

export interface TokenWatch {
  /** By audience the instant at which the first connection loses its last token. */
  soonest(): Promise<Readonly<Record<string, string>>>;
  /** Logs each connection that loses its last token within 30 days: now, and then once a day. */
  start(): void;
  stop(): void;
}

export function createTokenWatch(ports: {
  readonly tokens: Pick<TokenStore, 'lastOfEach'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): TokenWatch {
  const { tokens, clock, log } = ports;
  let timer: NodeJS.Timeout | null = null;

  async function warn(): Promise<void> {
    const now = clock.now();
    for (const { tenantId, id, audience, expiresAt } of await tokens.lastOfEach(now)) {
      const days = daysLeft(expiresAt, now);
      if (days < WARNED_DAYS) log('warn', 'token.expiring', { tenant: tenantId, token: id, kind: audience, days });
    }
  }

  function look(): void {
    warn().catch((error: unknown) => {
      log('error', 'token.watch', { error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' });
    });
  }

  return {
    async soonest() {
      const first: Record<string, string> = {};
      for (const { audience, expiresAt } of await tokens.lastOfEach(clock.now())) first[audience] ??= expiresAt;
      return first;
    },
    start() {
      if (timer !== null) return;
      look();
      timer = setInterval(look, DAY);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}
