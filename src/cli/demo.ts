import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { generateOrg } from '../simulator/seed.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { api, demoAgents, loadDemo, type DemoTarget } from './demo/load-demo.ts';
import { CommandError } from './failure.ts';
import { demoSummary } from './demo/demo-summary.ts';

/** Calls a minute that the demo's Drift takes: it is on this machine, and nobody should have to wait for it. */
const DEMO_RATE = 6000;

export interface Demo {
  /** The configuration to compose with: everything of the demo lives below `<data dir>/demo`. */
  readonly config: Config;
  readonly simulator: { readonly url: string; readonly instanceId: string };
  close(): Promise<void>;
}

/** Starts the simulator with its state beside the demo's store; the same state again where there is one. */
export async function startDemo(config: Config): Promise<Demo> {
  if (existsSync(join(config.dataDir, 'bridge.db'))) {
    throw new CommandError(
      `${config.dataDir} holds the store of a real installation, and no Drift credentials are set: set DRIFT_TOKEN, or another BRIDGE_DATA_DIR for a demo.`,
    );
  }
  const dataDir = join(config.dataDir, 'demo');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const simulator = await startSimulator({
    statePath: join(dataDir, 'simulator.db'),
    settings: {
      scimPath: '/scim/v2',
      ratePerMinute: DEMO_RATE,
      contactListing: 'cursor',
      contactOwnerId: 'stored',
    },
  });
  if (simulator.state().users.length === 0) {
    simulator.seed(generateOrg({ seed: 20, agents: demoAgents(), contacts: 2000, accounts: 150 }));
  }
  return {
    simulator: { url: simulator.url, instanceId: simulator.instanceId },
    config: {
      ...config,
      dataDir,
      drift: {
        baseUrl: simulator.url,
        scimPath: 'auto',
        credentials: { kind: 'token', token: simulator.token, scimToken: simulator.token },
        webhookTokens: [],
        ratePerMinute: DEMO_RATE,
        settleMs: 450,
      },
    },
    close: () => simulator.close(),
  };
}

/** Plays the story where it was not played to its end before, and prints what there is to see. */
export async function showDemo(target: DemoTarget, print: (text: string) => void, colour: boolean): Promise<void> {
  const runs = (await api(target, 'GET', '/runs?limit=50')).body['items'] as readonly {
    id: string;
    state: string;
    planId: string | null;
  }[];
  const latest = runs.find(({ state }) => ['awaiting_approval', 'done', 'partial'].includes(state));
  // Two runs tell the story: one links, the next compares.
  if (latest !== undefined && runs.length >= 2) {
    print('This demo was started before; it goes on where it was (delete its folder to begin anew).');
    print(await demoSummary(target, latest.id, colour));
    return;
  }
  const run = await loadDemo(target, (line) => print(`  … ${line}`));
  print(await demoSummary(target, run.id, colour));
}
