import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { SimulatorOptions } from '../../src/simulator/simulator.ts';

export interface SimulatorProcess {
  readonly url: string;
  readonly token: string;
  readonly instanceId: string;
  readonly pid: number;
  /** Ends it in good order (SIGTERM). */
  stop(): Promise<void>;
  /** Kills it at once (SIGKILL). */
  kill(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('simulator-entry.ts', import.meta.url));

/** Starts the simulator as its own node process; rejects with what it said on standard error when it does not come up. */
export async function startSimulatorProcess(options: Omit<SimulatorOptions, 'clock'> = {}): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const exited = once(child, 'close').then(() => undefined);
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    exited,
  ]);
  if (line === undefined) throw new Error(`the simulator did not start: ${complaint}`);
  const { url, token, instanceId } = JSON.parse(line) as { url: string; token: string; instanceId: string };
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    if (isRunning(child)) child.kill(signal);
    await exited;
  };
  return { url, token, instanceId, pid: child.pid ?? 0, stop: end('SIGTERM'), kill: end('SIGKILL') };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
