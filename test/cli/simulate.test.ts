import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runIn } from './bridge.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Running {
  readonly lines: readonly string[];
  readonly url: string;
  readonly token: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<string>;
}

/** `bridge simulate` as a process of its own, on a free port, for as long as `work` lasts. */
async function simulating<T>(args: readonly string[], work: (running: Running) => Promise<T>): Promise<T> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'simulate', '--port', '0', ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const closed = once(child, 'close');
  try {
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes('faults') || line.startsWith('{')) break;
    }
    const value = (name: string): string =>
      lines
        .find((line) => line.trim().startsWith(name))
        ?.trim()
        .split(/ {2,}/)[1] ?? '';
    const [url, token] = [value('base URL'), value('token')];
    const call = async (method: string, path: string, body?: unknown): Promise<string> => {
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return response.text();
    };
    return await work({ lines, url, token, call });
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}

describe('bridge simulate', () => {
  it('gives the same organisation, token and journal for the same seed and calls, and others for another', async () => {
    const story = (seed: number) =>
      simulating(
        ['--seed', String(seed), '--agents', '5', '--contacts', '20', '--accounts', '3'],
        async ({ lines, token, call }) => {
          expect(lines.find((line) => line.includes('seed'))).toMatch(new RegExp(`seed +${String(seed)}$`));
          const answers = [
            await call('GET', '/scim/Users?count=3'),
            await call('POST', '/scim/Users', { userName: 'new@example.com', displayName: 'New' }),
            await call('POST', '/contacts', { attributes: { email: 'new@example.org' } }),
            await call('GET', '/accounts?size=2'),
            await call('GET', '/__sim/journal'),
          ];
          // Instants are those of the clock.
          return [token, ...answers].map((text) => text.replaceAll(/\b1\d{12}\b/g, 'instant'));
        },
      );
    const first = await story(7);
    expect(first.at(-1)).toContain('"effect":{"kind":"scim.create","id":"2180061"}');
    expect(await story(7)).toEqual(first);
    const [token, people] = await story(8);
    expect(token).not.toBe(first[0]);
    expect(people).not.toBe(first[1]);
  });

  it('begins with the organisation of a file, and its settings below those of the command line', async () => {
    const file = join(folder, 'org.json');
    const org = {
      settings: { scimPath: '/scim/v2', serverPageCap: 7 },
      users: [{ email: 'kim@example.com', name: 'Kim Owner', role: 'OWNER' }],
      accounts: [{ domain: 'acme.example.org', ownerEmail: 'kim@example.com' }],
    };
    await writeFile(file, JSON.stringify(org));
    await simulating(['--org', file, '--settings', '{"serverPageCap":9}'], async ({ lines, call }) => {
      expect(lines.join('\n')).toContain('1 users, 0 contacts, 1 accounts');
      expect(await call('GET', '/scim/v2/Users')).toContain('kim@example.com');
      expect(JSON.parse(await call('GET', '/__sim/settings'))).toMatchObject({
        scimPath: '/scim/v2',
        serverPageCap: 9,
      });
      expect(JSON.parse(await call('GET', '/__sim/org'))).toMatchObject({ users: org.users, accounts: org.accounts });
    });
  });

  it('introduces itself to programs in one line', () =>
    simulating(['--empty', '--json'], ({ lines }) => {
      expect(lines).toHaveLength(1);
      const said: unknown = JSON.parse(lines[0] ?? '');
      expect(said).toMatchObject({ seed: 1, users: 0, contacts: 0, accounts: 0 });
      expect(said).toHaveProperty('token', expect.stringMatching(/^sim-private-/));
      return Promise.resolve();
    }));

  it('says what is wrong with a file', async () => {
    const file = join(folder, 'wrong.json');
    const run = async (text: string) => {
      await writeFile(file, text);
      return runIn({}, 'simulate', '--port', '0', '--org', file);
    };
    const shape = await run('{"users":[{"email":"x","name":"X"}]}');
    expect([shape.code, shape.err]).toEqual([1, expect.stringContaining('users[0].email: must be an e-mail address')]);
    const misfit = await run('{"accounts":[{"domain":"a.example.org","ownerEmail":"x@example.com"}]}');
    expect([misfit.code, misfit.err]).toEqual([
      1,
      expect.stringContaining('accounts[0].ownerEmail: x@example.com is no agent'),
    ]);
    const missing = await runIn({}, 'simulate', '--org', join(folder, 'none.json'));
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('none.json')]);
    const both = await runIn({}, 'simulate', '--org', file, '--agents', '3');
    expect([both.code, both.err]).toEqual([1, expect.stringContaining('cannot be used with option')]);
  });

  it('says which setting it does not know, and which port it cannot have', async () => {
    const unknown = await runIn({}, 'simulate', '--settings', '{"nope":1,"seatLimit":"x"}');
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('  nope: there is no such setting\n');
    expect(unknown.err).toContain('  seatLimit: ');
    expect((await runIn({}, 'simulate', '--settings', '[]')).err).toContain('  --settings: ');
    for (const port of ['65536', '99999']) {
      const refused = await runIn({}, 'simulate', '--port', port);
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('a port from 0 to 65535')]);
    }
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const inUse = await runIn({}, 'simulate', '--port', String(port));
    taken.close();
    expect([inUse.code, inUse.err]).toEqual([1, expect.stringMatching(/^It cannot listen there: .*EADDRINUSE/)]);
  });
});
