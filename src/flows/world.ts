import type { ReconcileInput, SourceHealth } from '../core/reconcile/reconcile.ts';
import type { Crypto, TenantStore } from './ports.ts';

/** In milliseconds. */
const DAY = 86_400_000;

/**
 * Everything a decision needs, loaded in sets from the store: the plan and the last look before a change is applied
 * decide from the same facts. A plan for some people still looks at all of them, since rivals and receivers count;
 * `persons: 'only'` is for the last look at one person.
 */
export async function loadWorld(
  store: TenantStore,
  crypto: Crypto,
  now: string,
  only?: readonly string[],
  persons: 'all' | 'only' = 'all',
): Promise<{ readonly input: ReconcileInput; readonly policyVersion: number; readonly snapshotId: string | null }> {
  const { version, policy } = await store.policy.current();
  const instant = Date.parse(now);
  const feeds = Object.entries(policy.sources.feeds);
  const sources: SourceHealth[] = [];
  let hrFeed = false;
  for (const [feed, declared] of feeds) {
    const last = await store.imports.lastAccepted(feed);
    if (last === null) continue;
    hrFeed = true;
    const age = (instant - Date.parse(last.acceptedAt)) / DAY;
    const stale = age > declared.staleAfterDays;
    // Once a newer file is held, what the last accepted one says is in doubt too. Rejected ones say nothing.
    const [newest] = await store.imports.list(null, 1, { feed, stages: ['accepting', 'accepted', 'released', 'held'] });
    const held = newest?.state === 'held';
    const reason = held ? 'the newest file is held' : `the last accepted file is ${String(Math.floor(age))} days old`;
    sources.push({ source: `hr:${feed}`, votes: !stale && !held, ...(stale || held ? { reason } : {}) });
  }
  const snapshot = await store.accounts.latestSnapshot();
  return {
    policyVersion: version,
    snapshotId: snapshot?.id ?? null,
    input: {
      now,
      policy,
      persons: await store.people.states(persons === 'all' ? undefined : only),
      accounts: await store.accounts.present(),
      links: await store.people.links(),
      cannotLinks: await store.people.cannotLinks(),
      tombstones: await store.people.tombstones(),
      baselines: await store.accounts.baselines(),
      owned: await store.accounts.owned(),
      sources,
      hrFeed,
      deprovisioned: {
        last24h: await store.plans.deprovisionedSince(new Date(instant - DAY).toISOString()),
        last7d: await store.plans.deprovisionedSince(new Date(instant - 7 * DAY).toISOString()),
      },
      ...(only === undefined ? {} : { only }),
      userNameHash: (userName) =>
        crypto.keyedHash(store.tenantId, `user_name:${userName.normalize('NFKC').toLowerCase()}`),
      hash: (text) => crypto.hash(text),
    },
  };
}

/** What a tombstone keeps of a userName: enough to refuse it for ever, nothing to read it back. */
export function userNameHash(crypto: Crypto, tenantId: string, userName: string): string {
  return crypto.keyedHash(tenantId, `user_name:${userName.normalize('NFKC').toLowerCase()}`);
}
