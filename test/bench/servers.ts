import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, backup } from 'node:sqlite';
import { type Home, SCIM_TOKEN, call, startBridge } from '../support/bridge-process.ts';
import { type Employee, employees, scimUser } from '../support/journey.ts';
import type { Lesson } from './bare-app.ts';
import type { Inserted } from './durable-inserts.ts';

/** Something that answers HTTP, in a process of its own. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
}

/** A bridge on a store of its own, and what is in it. */
export interface Filled extends Server {
  readonly url: string;
  /** Its data folder. */
  readonly dir: string;
  readonly users: readonly Employee[];
  /** Of the users, in their order. */
  readonly ids: readonly string[];
  readonly everySecond: string;
  readonly aHundred: string;
  output(): string;
}

/** Everything that a run started: let go in the end, whatever happened. */
export interface Lab {
  bare(kind: 'http' | 'express' | 'stack'): Promise<Server & { teach(lesson: Lesson): Promise<void> }>;
  scimmy(users: number): Promise<Server>;
  bridge(users: number): Promise<Filled>;
  /** The store's own rate of durable inserts of the rows of one POST to that bridge, on a copy of its store. */
  inserts(bridge: Filled): Promise<(milliseconds: number) => Promise<Inserted>>;
  /** Processor time that this process and all that it started have used, in seconds; those that ended are not counted. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

export function createLab(say: (text: string) => void): Lab {
  const children: ChildProcess[] = [];
  const stops: (() => Promise<unknown>)[] = [];
  const seeds = new Map<number, Promise<string>>();

  /** A data folder with that many users: made once, copied for everyone who asks. */
  function seeded(users: number): Promise<string> {
    const known = seeds.get(users) ?? seed(users);
    seeds.set(users, known);
    return known;
  }

  async function seed(users: number): Promise<string> {
    const dir = folder();
    const child = start('seed.ts', [dir, String(users)]);
    child.on('message', (message) => {
      const { done, of } = message as { readonly done: number; readonly of: number };
      say(`seeding ${String(of)} users: ${String(Math.round((100 * done) / of))} %`);
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`seeding ${String(users)} users failed`);
    return dir;
  }

  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
    stops.push(async () => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }

  async function copyOf(users: number): Promise<string> {
    const dir = folder();
    cpSync(await seeded(users), dir, { recursive: true });
    return dir;
  }

  function start(script: string, args: readonly string[]): ChildProcess {
    const child = fork(join(import.meta.dirname, script), args, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    return child;
  }

  async function server(script: string, args: readonly string[]): Promise<Server> {
    const child = start(script, args);
    const port = Number(await told(child));
    return { port, pid: child.pid ?? 0, child };
  }

  return {
    async bare(kind) {
      const started = await server('bare-app.ts', [kind]);
      const teach = async (lesson: Lesson): Promise<void> => {
        started.child.send(lesson);
        await told(started.child);
      };
      return { ...started, teach };
    },
    scimmy: (users) => server('scimmy-app.ts', [String(users)]),
    async bridge(users) {
      const dir = await copyOf(users);
      const database = new DatabaseSync(join(dir, 'bridge.db'), { readOnly: true });
      const ids = (type: string): readonly string[] =>
        database
          .prepare('select id from scim_resource where type = ? order by id')
          .all(type)
          .map((row) => String(row['id']));
      const [userIds, [everySecond = '', aHundred = '']] = [ids('User'), ids('Group')];
      database.close();
      const home: Home = { dir, remove: async () => undefined };
      // No agent is needed: intake never asks Drift, so an address nobody listens on will do.
      const bridge = await startBridge(home, {
        DRIFT_BASE_URL: 'http://127.0.0.1:9',
        DRIFT_TOKEN: 'bench-token-of-nobody',
        BRIDGE_LOG_LEVEL: 'info',
        NODE_ENV: 'production',
      });
      children.push(bridge.child);
      return {
        port: Number(new URL(bridge.url).port),
        pid: bridge.child.pid ?? 0,
        child: bridge.child,
        url: bridge.url,
        dir,
        users: employees(users),
        ids: userIds,
        everySecond,
        aHundred,
        output: () => bridge.output(),
      };
    },
    async inserts(bridge) {
      const template = { number: '70001', given: 'Gtemplate', family: 'Ftemplate', userName: 'template@example.com' };
      await ask(bridge, 'POST', '/Users', scimUser(template));
      const file = join(folder(), 'bridge.db');
      const database = new DatabaseSync(join(bridge.dir, 'bridge.db'), { readOnly: true });
      await backup(database, file);
      database.close();
      const child = start('durable-inserts.ts', [file, JSON.stringify(template)]);
      await told(child);
      return async (milliseconds) => {
        child.send({ milliseconds });
        return (await told(child)) as Inserted;
      };
    },
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      const others = children.map(({ pid }) => (pid === undefined ? null : cpuSeconds(pid)) ?? 0);
      return others.reduce((sum, seconds) => sum + seconds, (user + system) / 1e6);
    },
    async close() {
      const gone = children
        .filter((child) => child.exitCode === null && child.signalCode === null)
        .map(
          (child) =>
            new Promise((resolve) => {
              child.once('exit', resolve);
              child.kill('SIGKILL');
            }),
        );
      await Promise.all(gone);
      for (const stop of stops) await stop();
    },
  };
}

/** The next message of a process; throws when it ends instead. */
async function told(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process ended: ${String(code)}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/** Seconds of processor time that a process has used; null where the system does not tell (no /proc). */
export function cpuSeconds(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Fields 14 and 15 of proc(5), in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

/** One request to the bridge with the body read, outside of what is measured. Throws when the answer is no 2xx. */
export async function ask(
  bridge: Filled,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly body: Readonly<Record<string, unknown>>; readonly headers: Headers }> {
  const answer = await call(bridge.url, SCIM_TOKEN, method, `/scim/v2${path}`, body);
  if (answer.status > 299) throw new Error(`${method} ${path}: ${String(answer.status)}`);
  return answer;
}
