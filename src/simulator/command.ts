import type { OrgFile } from './org-file.ts';
import { generateOrg } from './seed.ts';
import type { SeedUser } from './seed-schema.ts';
import type { SimulatorSettings } from './settings.ts';
import { startSimulator } from './simulator.ts';

export interface SimulateOptions {
  readonly host?: string;
  readonly port?: number;
  /** SQLite file; absent: everything is forgotten at the end. */
  readonly state?: string;
  /** Laid over those of `org`. */
  readonly settings?: Partial<SimulatorSettings>;
  /** The same number, the same organisation: its id, its people, its tokens and its client secret. */
  readonly seed: number;
  /** What fills an empty organisation: as many as these, drawn from the seed, or exactly what a file holds. Absent: nobody. */
  readonly fill?:
    | {
        readonly kind: 'drawn';
        readonly agents: number | readonly SeedUser[];
        readonly contacts: number;
        readonly accounts: number;
      }
    | { readonly kind: 'file'; readonly org: OrgFile };
  /** One line of JSON instead of a text for people. */
  readonly json?: boolean;
  /** Takes one line. */
  readonly print: (line: string) => void;
  /** Ends the command as a signal would. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the simulator until SIGINT, SIGTERM or `signal`; resolves when it has closed. Rejects with RangeError when the file
 * does not hold together.
 */
export async function simulateCommand(options: SimulateOptions): Promise<void> {
  const { host, port, state, settings, seed, fill, json = false, print, signal } = options;
  const org = fill?.kind === 'file' ? fill.org : undefined;
  const simulator = await startSimulator({
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(state !== undefined && { statePath: state }),
    settings: { ...org?.settings, ...settings },
    seed,
  });
  try {
    const before = simulator.state();
    const isEmpty = before.users.length + before.contacts.length + before.accounts.length === 0;
    if (isEmpty && org !== undefined) simulator.seed(org.data);
    if (isEmpty && fill?.kind === 'drawn') simulator.seed(generateOrg({ ...fill, seed }));
    const { users, contacts, accounts } = simulator.state();

    const holds = { users: users.length, contacts: contacts.length, accounts: accounts.length };
    const { url, token, instanceId } = simulator;
    const where = `${state ?? 'in memory, gone at the end'}${isEmpty ? '' : ', as it was kept'}`;
    if (json) print(JSON.stringify({ url, token, seed, instanceId, ...holds }));
    else for (const line of introduction(url, token, simulator.settings(), holds, { seed, where })) print(line);
    await ended(signal);
  } finally {
    await simulator.close();
  }
}

function introduction(
  url: string,
  token: string,
  settings: SimulatorSettings,
  holds: { readonly users: number; readonly contacts: number; readonly accounts: number },
  kept: { readonly seed: number; readonly where: string },
): readonly string[] {
  const controls = ['journal', 'counts', 'deliveries', 'state', 'org', 'settings', 'identity'];
  return [
    'Drift simulator: a stand-in for tests and demonstrations, not Drift.',
    `  base URL    ${url}`,
    `  token       ${token}`,
    `  seed        ${kept.seed}`,
    `  SCIM        ${scimAddresses(url, settings)}`,
    `  holds       ${holds.users} users, ${holds.contacts} contacts, ${holds.accounts} accounts`,
    `  state       ${kept.where}`,
    ...controls.map((path) => `  ${path.padEnd(11)} ${url}/__sim/${path}`),
    `  faults      POST or DELETE ${url}/__sim/faults`,
  ];
}

function ended(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
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
}

function scimAddresses(url: string, { scimPath }: SimulatorSettings): string {
  return (scimPath === 'both' ? ['/scim', '/scim/v2'] : [scimPath]).map((path) => `${url}${path}/Users`).join('  ');
}
