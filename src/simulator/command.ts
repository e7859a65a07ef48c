import { generateOrg } from './seed.ts';
import type { SeedUser } from './plant.ts';
import { startSimulator } from './simulator.ts';
import type { SimulatorSettings } from './settings.ts';

export interface SimulateOptions {
  readonly host?: string;
  readonly port?: number;
  /** SQLite file; absent: everything is forgotten at the end. */
  readonly state?: string;
  readonly settings?: Partial<SimulatorSettings>;
  /** Fills an empty organisation. Absent: it stays as it is. */
  readonly seed?: {
    readonly seed: number;
    readonly agents: number | readonly SeedUser[];
    readonly contacts: number;
    readonly accounts: number;
    readonly domain?: string;
  };
  /** Takes one line. */
  readonly print: (line: string) => void;
  /** Ends the command as a signal would. */
  readonly signal?: AbortSignal;
}

/** Runs the simulator until SIGINT, SIGTERM or `signal`; resolves when it has closed. */
export async function simulateCommand(options: SimulateOptions): Promise<void> {
  const { host, port, state, settings, seed, print, signal } = options;
  const simulator = await startSimulator({
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(state !== undefined && { statePath: state }),
    ...(settings !== undefined && { settings }),
  });
  const before = simulator.state();
  const isEmpty = before.users.length + before.contacts.length + before.accounts.length === 0;
  if (seed !== undefined && isEmpty) simulator.seed(generateOrg(seed));
  const { users, contacts, accounts } = simulator.state();

  print('Drift simulator: a stand-in for tests and demonstrations, not Drift.');
  print(`  base URL    ${simulator.url}`);
  print(`  token       ${simulator.token}`);
  print(`  SCIM        ${scimAddresses(simulator.url, simulator.settings())}`);
  print(`  holds       ${users.length} users, ${contacts.length} contacts, ${accounts.length} accounts`);
  print(`  state       ${state ?? 'in memory, gone at the end'}`);
  for (const path of ['journal', 'deliveries', 'state', 'settings', 'identity']) {
    print(`  ${path.padEnd(11)} ${simulator.url}/__sim/${path}`);
  }
  print(`  faults      POST or DELETE ${simulator.url}/__sim/faults`);

  await new Promise<void>((resolve) => {
    const end = (): void => {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
  await simulator.close();
}

function scimAddresses(url: string, { scimPath }: SimulatorSettings): string {
  return (scimPath === 'both' ? ['/scim', '/scim/v2'] : [scimPath]).map((path) => `${url}${path}/Users`).join('  ');
}
