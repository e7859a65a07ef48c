import { createHash, randomBytes, randomUUID } from 'node:crypto';

import type { Account, Agent, Attribute, Contact } from './model.ts';
import { DEFAULT_SETTINGS, settingsPatchSchema, type SimulatorSettings } from './settings.ts';
import type { Store } from './store.ts';
import type { RaisedEvent } from './webhook-events.ts';

/** The Drift organisation that is being stood in for. */
export interface Org {
  readonly store: Store;
  readonly clock: () => number;
  readonly instanceId: string;
  readonly orgId: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Hexadecimal digits for a token: of chance, or of the seed. */
  readonly secret: (bytes: number) => string;
  readonly settings: () => SimulatorSettings;
  /** Throws ZodError on an unknown name or a value out of range. */
  readonly set: (patch: Partial<SimulatorSettings>) => void;
  attributes(): readonly Attribute[];
  declareAttributes(attributes: readonly Attribute[]): void;
  /** Tells the listener, if there is one, what happened. */
  readonly raise: (event: RaisedEvent) => void;
  readonly onRaised: (listener: (event: RaisedEvent) => void) => void;
}

export interface SettingsHolder {
  readonly settings: () => SimulatorSettings;
  readonly replace: (next: SimulatorSettings) => void;
}

export function longestLagMs(settings: SimulatorSettings): number {
  return settings.applyDelayMs + Math.max(settings.getLagMs, settings.listLagMs, settings.contactSearchLagMs);
}

export function createSettingsHolder(): SettingsHolder {
  let current = DEFAULT_SETTINGS;
  return { settings: () => current, replace: (next) => (current = next) };
}

/**
 * Opens the organisation kept in the store, or founds it. Settings: defaults, then those stored, then `settings`. With a seed, its id
 * and its secrets are always the same; `instanceId` never is, so that one simulator is not taken for another.
 */
export function openOrg(
  store: Store,
  holder: SettingsHolder,
  clock: () => number,
  settings: Partial<SimulatorSettings>,
  seed?: number,
): Org {
  const secret = (bytes: number): string => {
    if (seed === undefined) return randomBytes(bytes).toString('hex');
    const drawn = store.next('secret', 1n, 1n);
    return createHash('sha256')
      .update(`${seed}:${drawn}`)
      .digest('hex')
      .slice(0, 2 * bytes);
  };
  const once = (key: string, make: () => string): string => {
    const stored = store.get(key);
    if (typeof stored === 'string') return stored;
    const made = make();
    store.set(key, made);
    return made;
  };
  const set = (patch: Partial<SimulatorSettings>): void => {
    const merged = { ...holder.settings(), ...withoutUndefined(settingsPatchSchema.parse(patch)) };
    holder.replace(merged);
    store.set('settings', merged);
  };
  let listener: ((event: RaisedEvent) => void) | undefined;
  return store.transaction(() => {
    const stored = settingsPatchSchema.safeParse(store.get('settings') ?? {});
    if (stored.success) holder.replace({ ...DEFAULT_SETTINGS, ...withoutUndefined(stored.data) });
    set(settings);
    const instanceId = once('instanceId', () => randomUUID());
    return {
      store,
      clock,
      instanceId,
      orgId: Number(once('orgId', () => orgIdFrom(String(seed ?? instanceId)))),
      secret,
      clientId: once('clientId', () => secret(12)),
      clientSecret: once('clientSecret', () => secret(24)),
      settings: holder.settings,
      set,
      attributes: () => (store.get('attributes') ?? []) as readonly Attribute[],
      declareAttributes(attributes) {
        const known = new Map(((store.get('attributes') ?? []) as readonly Attribute[]).map((one) => [one.name, one]));
        for (const attribute of attributes) known.set(attribute.name, attribute);
        store.set('attributes', [...known.values()]);
      },
      raise: (event) => listener?.(event),
      onRaised: (next) => (listener = next),
    };
  });
}

/** Six digits, as org ids seen have (Drift API notes 1.1). */
function orgIdFrom(text: string): string {
  return String(100_000 + (createHash('sha256').update(text).digest().readUInt32BE(0) % 900_000));
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export const isLive = (agent: Agent): boolean => agent.deletedAt === undefined;

/** The agent with this id as the truth has it, unless deleted. */
export function liveAgent(org: Org, id: number): Agent | undefined {
  const agent = org.store.agents.latest(String(id));
  return agent !== undefined && isLive(agent) ? agent : undefined;
}

export function nextAgentId(org: Org): number {
  return Number(org.store.next('agent', 2_180_055n, 1n));
}

/** Odd and beyond 2^53, so that a lossy parse shows (Drift API notes 6.3). */
export function nextContactId(org: Org): string {
  return org.store.next('contact', 11_751_623_441_268_737n, 2n).toString();
}

export function putAgent(org: Org, agent: Agent, at: number): void {
  org.store.agents.put(String(agent.id), agent, at);
}

/** Stores a changed agent with an `updatedAt` that always grows. */
export function changeAgent(org: Org, before: Agent, change: Partial<Agent>, now: number): Agent {
  const agent = { ...before, ...change, updatedAt: Math.max(now, before.updatedAt + 1) };
  putAgent(org, agent, now);
  return agent;
}

/** Deletes a seat for good, with what that does to the accounts it owned. `at`: when readers may see it. */
export function removeAgent(org: Org, agent: Agent, at: number): void {
  changeAgent(org, agent, { deletedAt: at }, at);
  if (org.settings().deletingAgentOwner === 'dangling') return;
  for (const account of org.store.accounts.find('owner', String(agent.id))) {
    putAccount(org, { ...account, ownerId: undefined, updateDateTime: at }, at);
  }
}

export function putAccount(org: Org, account: Account, at: number): void {
  org.store.accounts.put(account.accountId, account, at);
}

export function putContact(org: Org, contact: Contact, at: number): void {
  org.store.contacts.put(contact.id, contact, at);
}
