import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Bridge, type Home, makeHome, startBridge } from '../support/bridge-process.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

const DRIFT = { DRIFT_BASE_URL: 'http://127.0.0.1:9', DRIFT_TOKEN: 'nobody-there' };

async function started(env: Readonly<Record<string, string>> = DRIFT): Promise<{ bridge: Bridge; home: Home }> {
  const home = await makeHome('sqlite');
  undo.push(() => home.remove());
  const bridge = await startBridge(home, env);
  undo.push(() => bridge.stop());
  return { bridge, home };
}

describe('bridge serve', () => {
  it('starts without a reachable Drift, and ends well when it is told to', async () => {
    const { bridge } = await started();
    expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${bridge.url}/scim/v2/Users`)).status).toBe(401);
    expect((await fetch(`${bridge.url}/api/v1/runs`)).status).toBe(401);
    const elsewhere = await fetch(`${bridge.url}/scim/v1/Users`);
    expect([elsewhere.status, elsewhere.headers.get('content-type')]).toEqual([
      404,
      'application/scim+json; charset=utf-8',
    ]);
    expect((await fetch(`${bridge.url}/metrics`)).status).toBe(200);
    const before = Date.now();
    expect(await bridge.stop()).toBe(0);
    expect(Date.now() - before).toBeLessThan(5000);
  }, 30_000);

  it('answers in JSON what node itself refuses', async () => {
    const { bridge } = await started();
    const raw = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let answer = '';
        const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1', () => socket.write(text));
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', reject);
        socket.on('close', () => resolve(answer));
      });
    const long = await raw(`GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1.1 431 .*application\/problem\+json.*"status":431/s);
    expect(await raw('NOTHING LIKE HTTP\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"status":400/s);
  }, 30_000);

  it('prints the tokens that it made, once, and goes on with them', async () => {
    const home = await makeHome('sqlite');
    undo.push(() => home.remove());
    const first = await startBridge(home, { ...DRIFT, BRIDGE_ADMIN_TOKEN: '', BRIDGE_SCIM_TOKEN: '' });
    const token = /BRIDGE_ADMIN_TOKEN=(dsb_api_\S+)/.exec(first.output())?.[1] ?? '';
    const ask = async ({ url }: Bridge): Promise<number> =>
      (await fetch(`${url}/api/v1/runs`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask(first)).toBe(200);
    await first.stop();
    const second = await startBridge(home, { ...DRIFT, BRIDGE_ADMIN_TOKEN: '', BRIDGE_SCIM_TOKEN: '' });
    undo.push(() => second.stop());
    expect(second.output()).not.toContain('dsb_api_');
    expect(await ask(second)).toBe(200);
  }, 30_000);

  it('says in a sentence why it cannot listen', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    undo.push(async () => taken.close());
    const home = await makeHome('sqlite');
    undo.push(() => home.remove());
    const { port } = taken.address() as AddressInfo;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'serve'], {
      env: { ...DRIFT, PORT: String(port), BRIDGE_DATA_DIR: home.dir },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, err]).toEqual([1, `Cannot listen on 127.0.0.1:${String(port)}: it is in use.\n`]);
  }, 30_000);
});

describe('the launcher', () => {
  it('runs the program without a word about experiments', async () => {
    const { out, err, code } = await launched(process.execPath, 'config', '--json');
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(JSON.parse(out)).toHaveProperty('settings');
  }, 30_000);

  const OLD = '/usr/bin/node';
  (existsSync(OLD) ? it : it.skip)(
    'finds the pinned Node where the one at hand is older, and passes its exit code on',
    async () => {
      expect((await launched(OLD, '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect((await launched(OLD, 'frobnicate')).code).toBe(1);
    },
    30_000,
  );
});

function launched(node: string, ...args: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  return new Promise((resolve) => {
    execFile(node, ['src/launch.mjs', ...args], { env: {} }, (error, out, err) =>
      resolve({ out, err, code: error === null ? 0 : Number(error.code) }),
    );
  });
}
