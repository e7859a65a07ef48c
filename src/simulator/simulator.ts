import { createApi } from './api.ts';
import type { Controls } from './control.ts';
import { visit } from './conversation-writes.ts';
import { createCounter } from './counts.ts';
import { exportOrg } from './export.ts';
import { createFaults, faultRuleSchema } from './faults.ts';
import { createJournal } from './journal.ts';
import { grant, issue, revoke } from './oauth.ts';
import { createSettingsHolder, longestLagMs, openOrg } from './org.ts';
import { plant } from './plant.ts';
import { addressOf, close, listen } from './server.ts';
import type { SimulatorSettings } from './settings.ts';
import { stateOf } from './state.ts';
import { createStore } from './store.ts';
import { sampleData } from './webhook-samples.ts';
import { createWebhooks, webhookFaultSchema } from './webhooks.ts';

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 (the default): any free port. */
  readonly port?: number;
  /** SQLite file to keep everything in; absent: memory. */
  readonly statePath?: string;
  /** Laid over the settings stored in the file, and over the defaults. */
  readonly settings?: Partial<SimulatorSettings>;
  /** Fixes the organisation's id, its tokens and its client secret; absent: they are drawn for each new state. */
  readonly seed?: number;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
}

export interface Simulator extends Controls {
  readonly url: string;
  /** The private app's token; `reinstall` changes it. */
  readonly token: string;
  /** Resolves when no webhook is waiting or on its way. */
  webhooksSettled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the stand-in for Drift. Rejects when the port is taken or the state file cannot be used. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, statePath, settings = {}, seed, clock = Date.now } = options;
  const holder = createSettingsHolder();
  const store = createStore({ path: statePath, clock, longestLagMs: () => longestLagMs(holder.settings()) });
  try {
    const org = openOrg(store, holder, clock, settings, seed);
    const faults = createFaults();
    const journal = createJournal(store, () => holder.settings().journalLimit);
    const counter = createCounter();
    const webhooks = createWebhooks(org);

    const install = (): string =>
      store.transaction(() => {
        revoke(org, (one) => one.kind === 'private', clock());
        const { token } = issue(org, 'private', 0, clock());
        store.set('privateToken', token);
        return token;
      });
    const kept = store.get('privateToken');
    let token = typeof kept === 'string' ? kept : install();

    const controls: Controls = {
      instanceId: org.instanceId,
      journal: journal.entries,
      clearJournal: journal.clear,
      counts: counter.counts,
      clearCounts: counter.clear,
      settings: holder.settings,
      set: org.set,
      fault: (rule) => faults.add(faultRuleSchema.parse(rule)),
      clearFaults: faults.clear,
      seed: (data) => plant(org, data),
      state: () => stateOf(org),
      org: () => exportOrg(org),
      revokeTokens: () =>
        store.transaction(() => {
          revoke(org, () => true, clock());
          org.raise({ type: 'app_disconnected', data: { orgId: org.orgId } });
        }),
      reinstall: () => (token = install()),
      grant: () => store.transaction(() => grant(org, clock())),
      raise: (event) => org.raise({ ...event, data: event.data ?? sampleData(org, event.type) }),
      visit: (visitor) => store.transaction(() => visit(org, visitor, clock()).id),
      deliveries: webhooks.deliveries,
      clearDeliveries: webhooks.clearDeliveries,
      webhookFault: (rule) => webhooks.addFault(webhookFaultSchema.parse(rule)),
      clearWebhookFaults: webhooks.clearFaults,
    };
    const server = await listen(
      { api: createApi(org, faults, journal, counter), controls, settings: holder.settings },
      host,
      port,
    );
    return {
      ...controls,
      url: addressOf(server, host),
      get token() {
        return token;
      },
      webhooksSettled: webhooks.settled,
      async close() {
        await close(server);
        await webhooks.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}
