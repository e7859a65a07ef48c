import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { runCommand } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { type TestApi, testApi } from '../api/world.ts';

/** A bridge that listens, without Drift, and a command line that calls it. */
export interface CliBridge {
  readonly api: TestApi;
  readonly url: string;
  run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** The same at a terminal that can do more. */
  runAt(
    terminal: Partial<Terminal>,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** Plans every queued run as a worker would, until stopped. */
  work(): void;
  close(): Promise<void>;
}

export async function cliBridge(options: Parameters<typeof testApi>[0] = {}): Promise<CliBridge> {
  const api = await testApi(options);
  const server: Server = createServer(express().use('/api/v1', api.app));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const token = await api.token();
  let timer: NodeJS.Timeout | undefined;
  return {
    api,
    url,
    run: (...args) => runIn({ BRIDGE_URL: url, BRIDGE_ADMIN_TOKEN: token }, ...args),
    runAt: (terminal, ...args) => runAt({ ...terminal, env: { BRIDGE_URL: url, BRIDGE_ADMIN_TOKEN: token } }, ...args),
    work() {
      timer = setInterval(() => {
        void (async () => {
          for (const run of await api.store.runs.list(null, 10)) {
            if (run.state === 'queued') await api.makePlan.plan('default', run.id);
          }
        })();
      }, 20);
    },
    async close() {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
      await api.close();
    },
  };
}

/** One command line in this environment and no other. */
export async function runIn(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return runAt({ env }, ...args);
}

async function runAt(
  more: Partial<Terminal>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    isWatched: false,
    hasColour: false,
    env: {},
    ...more,
    out: (text) => void (out += text),
    err(text) {
      err += text;
      more.err?.(text);
    },
  };
  const code = await runCommand(args, terminal);
  return { code, out, err };
}
