import {
  judgeCapabilities,
  readCapabilities,
  unknownCapabilities,
  withEarlier,
  type Capabilities,
} from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import type { DriftTarget } from './drift-port.ts';
import type { JobHandler } from './job-port.ts';
import type { Clock, Log, Store } from './ports.ts';

const SETTING = 'drift.capabilities';
/** Contacts that are offered to the probe where Drift lists none. */
const CONTACTS_OFFERED = 3;

export interface ProbeDrift {
  /** A job: measures what the tenant's Drift can do and stores it. */
  readonly probe: JobHandler;
  /** Queues a probe of every tenant; nothing waits for it. */
  atStart(): Promise<void>;
  /** A probe that is under way is let go of: it only reads, and is queued again at the next start. */
  stop(): void;
}

export function createProbeDrift(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws DomainError where the tenant has no credentials that work. */
  readonly driftFor: (tenantId: string) => Promise<DriftTarget>;
}): ProbeDrift {
  const { store, clock, log } = ports;
  let stop = (): void => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
  });

  async function measured(tenantId: string): Promise<Capabilities> {
    const contactIds = await store.tenant(tenantId).accounts.knownContacts(CONTACTS_OFFERED);
    const began = clock.now();
    try {
      return await (await ports.driftFor(tenantId)).probe({ contactIds });
    } catch (error) {
      // No credentials, or dead ones: whoever waits for the answer is told why nothing is known.
      if (!(error instanceof DomainError)) throw error;
      return unknownCapabilities(began, `Drift was not asked (${error.code})`);
    }
  }

  return {
    async probe({ tenantId, payload }) {
      const tenant = store.tenant(tenantId);
      const asked = measured(tenantId);
      // Nobody looks at what comes of it after a stop, be it an error.
      asked.catch(() => undefined);
      const now = await Promise.race([asked, stopped]);
      if (now === 'stopped') return { again: clock.now() };
      // Other credentials may be of another organisation: nothing of the old one stays.
      const earlier = payload['fresh'] === true ? null : readCapabilities(await tenant.settings.get(SETTING));
      const capabilities = withEarlier(now, earlier);
      await tenant.write((tx) => tx.settings.set(SETTING, JSON.stringify(capabilities)));
      const findings = judgeCapabilities(capabilities);
      for (const { code, state } of findings) {
        if (state !== 'ok')
          log(state === 'fail' ? 'error' : 'warn', 'drift.capability', { tenant: tenantId, check: code, state });
      }
      log('info', 'drift.probed', { problems: findings.filter(({ state }) => state !== 'ok').length });
      return { again: null };
    },
    async atStart() {
      for (const { id } of await store.tenants()) {
        await store.tenant(id).write((tx) => tx.jobs.enqueue({ kind: 'probe', dedupeKey: 'probe', payload: {} }));
      }
    },
    stop: () => stop(),
  };
}
