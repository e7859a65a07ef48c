import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eachDatabase } from '../support/store.ts';
import { createScimWorld } from './scim-world.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/scim-scenarios/', import.meta.url));

interface Scenario {
  readonly name: string;
  readonly level: 'must' | 'should' | 'lenient';
}

const scenarios = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => JSON.parse(readFileSync(FOLDER + file, 'utf8')) as Scenario);

eachDatabase('conversations of identity providers', (store) => {
  let server: Server;
  let report: string;

  beforeAll(async () => {
    const world = await createScimWorld(await store.open());
    server = createServer(world.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    report = await replay(`http://127.0.0.1:${port}/scim/v2`);
  }, 120_000);

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(scenarios.map(({ level, name }) => [level, name]))('%s: %s', (level, name) => {
    const failures = report.split('\n').filter((line) => line.startsWith(`FAIL ${name} `));
    expect(failures).toEqual([]);
    expect(report).toContain(`pass ${name} (${level})`);
  });

  it('are replayed one and all', () => {
    expect(scenarios.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['rfc-bulk-with-bulkid', 'rfc-cursor-paging']),
    );
    expect(report).toContain('scenarios skipped: 0');
  });
});

/** The runner is a program of its own: it knows nothing of the bridge but its address. */
async function replay(base: string): Promise<string> {
  const args = ['run.mjs', '--base', base, '--token', 'acme-writer', '--report'];
  const runner = spawn(process.execPath, args, { cwd: FOLDER, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  runner.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(runner, 'close');
  return output;
}
