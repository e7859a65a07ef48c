import { afterEach } from '@jest/globals';
import type { AttributeValues } from '../../src/core/identity/attributes.ts';
import { unknownCapabilities, type Capabilities } from '../../src/core/capabilities.ts';
import type { DriftClient, DriftClientOptions } from '../../src/drift/client.ts';
import { createDriftTarget, type DriftTargetOptions } from '../../src/drift/target.ts';
import type { DriftTarget } from '../../src/flows/drift-port.ts';
import type { JournalEntry } from '../../src/simulator/journal.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { clientAt, quickWorld } from './recording-server.ts';

export interface DriftWorld {
  readonly simulator: Simulator;
  readonly client: DriftClient;
  readonly target: DriftTarget;
  readonly idOf: (email: string) => string;
  /** Writes that the simulator received: method and path. */
  readonly writes: () => readonly string[];
  /** Another target on the same client. */
  readonly targetWith: (options: Partial<DriftTargetOptions>) => DriftTarget;
  /** Calls from now on, as `METHOD path`. */
  readonly callsOf: (work: () => Promise<unknown>) => Promise<readonly string[]>;
}

/** Somebody who has no seat yet. */
export const NEW: AttributeValues = {
  userName: 'nia.new@example.com',
  email: 'nia.new@example.com',
  displayName: 'Nia New',
  givenName: 'Nia',
  familyName: 'New',
  phone: '+49 30 1234',
  locale: 'de-DE',
  role: 'ADMIN',
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const clock = quickWorld().clock;

export const capable = (more: Partial<Capabilities>): Capabilities => ({
  ...unknownCapabilities(clock.now(), 'not probed'),
  ...more,
});

/** A small organisation in the simulator: an OWNER, an administrator, a member, a bot, and one declared attribute. */
export async function drift(
  settings: Partial<SimulatorSettings> = {},
  options: { readonly client?: Partial<DriftClientOptions>; readonly target?: Partial<DriftTargetOptions> } = {},
): Promise<DriftWorld> {
  const simulator = await startSimulator({ settings: { ratePerMinute: 0, ...settings } });
  simulator.seed({
    users: [
      { email: 'olive.owner@example.com', name: 'Olive Owner', role: 'OWNER' },
      { email: 'ada.admin@example.com', name: 'Ada Admin', role: 'ADMIN', phone: '555-010-0001', locale: 'de-DE' },
      { email: 'mel.member@example.com', name: 'Mel Member' },
      { email: 'bot-77@drift.com', name: 'Bot', bot: true },
    ],
    attributes: [{ name: 'account_manager', displayName: 'Account manager', type: 'STRING' }],
  });
  const client = clientAt(simulator.url, {
    scimPath: 'auto',
    token: simulator.token,
    permits: { deprovision: async () => true, erase: async () => true },
    ...options.client,
  });
  open.push(client, simulator);
  const targetWith = (more: Partial<DriftTargetOptions>): DriftTarget =>
    createDriftTarget({ client: client.session(), clock, ...more });
  const callOf = ({ method, path }: JournalEntry): string => `${method} ${path}`;
  return {
    simulator,
    client,
    target: targetWith(options.target ?? {}),
    idOf: (email) => String(simulator.state().users.find((user) => user.userName === email)?.id),
    writes: () =>
      simulator
        .journal()
        .filter(({ method }) => method !== 'GET')
        .map(callOf),
    targetWith,
    callsOf: async (work) => {
      const before = simulator.journal().length;
      await work();
      return simulator.journal().slice(before).map(callOf);
    },
  };
}
