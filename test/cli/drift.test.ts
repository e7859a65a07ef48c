import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { runCommand } from '../../src/cli/program.ts';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { type DriftWorld, driftWorld } from '../api/drift-world.ts';
import { account, snapshot } from '../contract/building.ts';

let database: Database;
let world: DriftWorld;
let server: Server;
let env: Readonly<Record<string, string>>;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-drift-'));
  database = await openDatabase({ url: ':memory:' });
  world = await driftWorld(database);
  world.simulator.seed({ users: [{ email: 'alex@example.com', name: 'Alex Agent', role: 'MEMBER' }] });
  server = createServer(express().use('/api/v1', world.app));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  env = {
    BRIDGE_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    BRIDGE_ADMIN_TOKEN: await world.token(),
  };
  world.work();
});
beforeEach(() => world.simulator.clearJournal());
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  server.close();
  server.closeAllConnections();
  await world.close();
  await database.close();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** In a pipe; with `says`, at a terminal where somebody answers every question so. */
async function bridge(args: readonly string[], says?: boolean): Promise<Ran & { readonly asked: readonly string[] }> {
  let [out, err] = ['', ''];
  const asked: string[] = [];
  const ask = async (question: string): Promise<boolean> => {
    asked.push(question);
    return says === true;
  };
  const code = await runCommand(['drift', ...args], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isWatched: says !== undefined,
    hasColour: false,
    env,
    ...(says === undefined ? {} : { ask }),
  });
  return { code, out, err, asked };
}

const writes = (): readonly string[] =>
  world.simulator
    .journal()
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);

describe('bridge drift', () => {
  it('lists every operation by group, and prints the table', async () => {
    const { code, out } = await bridge(['--help']);
    expect(code).toBe(0);
    for (const { name } of DRIFT_OPERATIONS) expect(out).toContain(` ${name} `);
    expect(out).toMatch(/contacts:\n {2}create-contact /);
    const table = await bridge(['operations']);
    expect(table.out.trim().split('\n').length).toBe(DRIFT_OPERATIONS.length + 2);
    // An agent in SCIM and one in REST are two resources.
    expect(table.out).toContain('GET {scim}/Users/{userId}');
    expect(table.out).toContain('GET /users/{userId}');
    const answer = await fetch(`${env['BRIDGE_URL'] ?? ''}/api/v1/drift/operations?limit=500`, {
      headers: { authorization: `Bearer ${env['BRIDGE_ADMIN_TOKEN'] ?? ''}` },
    });
    const { items } = (await answer.json()) as { items: unknown };
    expect(JSON.parse((await bridge(['operations', '--json'])).out)).toEqual(items);
  });

  it.each(DRIFT_OPERATIONS.map(({ name }) => name))('has a help with an example for %s', async (name) => {
    const { code, out } = await bridge([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Example:\\n {2}bridge drift ${name}`));
  });

  it('makes options of the path, the query and the body', async () => {
    const made = await bridge([
      ...[
        'create-contact',
        '--email',
        'cli@example.org',
        '--name',
        'Cli',
        '--attribute',
        'employment_title=Buyer',
        '--json',
      ],
    ]);
    expect(made.code).toBe(0);
    const { answer } = JSON.parse(made.out) as { answer: { data: { id: string; attributes: object } } };
    expect(answer.data.attributes).toMatchObject({ email: 'cli@example.org', name: 'Cli' });
    const { id } = answer.data;
    const found = await bridge(['find-contacts', '--email', 'cli@example.org', '--limit', '5']);
    expect(found.out).toContain(id);
    const changed = await bridge(['update-contact', '--contact-id', id, '--set', 'attributes.name=Changed']);
    expect(JSON.parse(changed.out)).toMatchObject({ data: { id, attributes: { name: 'Changed' } } });
    const body = JSON.stringify({ attributes: { name: 'Whole' } });
    await bridge(['update-contact', '--json-body', body, '--contact-id', id]);
    expect(JSON.parse((await bridge(['get-contact', '--contact-id', id])).out)).toMatchObject({
      data: { attributes: { name: 'Whole' } },
    });
    const many = await bridge(['unsubscribe-emails', '--body', 'a@example.org', '--body', 'b@example.org', '--yes']);
    expect(many.code).toBe(0);
    expect(world.simulator.journal().at(-1)?.body).toEqual(['a@example.org', 'b@example.org']);
  });

  it('says what is wrong, and exits with 1', async () => {
    const missing = await bridge(['get-contact']);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('--contact-id is needed.');
    expect((await bridge(['create-account'])).err).toContain('--owner-id and --domain are needed.');
    expect((await bridge(['update-contact', '--contact-id', '1'])).err).toContain('Nothing is said');
    expect((await bridge(['get-contact', '--colour', 'red'])).code).toBe(1);
    expect((await bridge(['list-accounts', '--size', 'many'])).err).toContain('--size takes a number');
    expect((await bridge(['get-contact', '--set', 'x'])).err).toContain('--set takes name=value');
    const refused = await bridge(['get-account', '--account-id', 'nobody-has-this']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('(drift.refused)');
  });

  it('shows in a dry run what would change, and sends nothing', async () => {
    const made = await bridge(['create-contact', '--email', 'cli-dry@example.org', '--name', 'Before', '--json']);
    const { id } = (JSON.parse(made.out) as { answer: { data: { id: string } } }).answer.data;
    world.simulator.clearJournal();
    const dry = await bridge(['update-contact', '--contact-id', id, '--name', 'After', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(dry.out).toContain(`Would send PATCH /contacts/${id}  (reversible)`);
    expect(dry.out).toContain('attributes.name: "Before" -> "After"');
    expect(dry.out).toContain('Nothing was sent.');
    expect(writes()).toEqual([]);
  });

  it('shows what goes with what cannot be taken back, asks at a terminal, and refuses in a pipe', async () => {
    const args = ['unsubscribe-emails', '--body', 'x@example.org'];
    const piped = await bridge(args);
    expect(piped.code).toBe(1);
    expect(piped.err).toMatch(/cannot be taken back\.\n {2}These people get no e-mail/);
    expect(piped.err).toContain('--yes');
    const no = await bridge(args, false);
    expect(no).toMatchObject({ code: 1, asked: ['Do it? (yes/no) '] });
    expect(no.err).toContain('Nothing was done.');
    expect(writes()).toEqual([]);
    expect(await bridge(args, true)).toMatchObject({ code: 0, asked: ['Do it? (yes/no) '] });
    const yes = await bridge([...args, '--yes'], true);
    expect(yes).toMatchObject({ code: 0, asked: [] });
    expect(yes.err).toContain('These people get no e-mail');
    expect(writes()).toEqual(['POST /emails/unsubscribe', 'POST /emails/unsubscribe']);
  });

  it('makes a plan of what is never direct, and exits with 2', async () => {
    const values = { userName: 'kim@example.com' };
    const seen = { accounts: [account('4712', { values })], companies: [], contacts: null };
    await world.store.write((tx) => tx.accounts.putSnapshot(snapshot('snapshot-1', { accounts: 1 }), seen));
    const made = await bridge(['delete-scim-user', '--user-id', '4712', '--reason', 'asked by letter']);
    expect(world.logged.filter(({ code }) => code === 'http.bug')).toEqual([]);
    expect(made).toMatchObject({ code: 2, err: '' });
    expect(made.out).toMatch(/^Planned as pln_[0-9a-f-]{36}; nothing happened yet\.\n {2}bridge plan show pln_/);
    expect(writes()).toEqual([]);
  });

  it('asks any other path, writes with --yes only, and never gets round the firewall', async () => {
    expect((await bridge(['request', '/users/list'])).out).toContain('alex@example.com');
    const args = ['request', '/contacts', '--method', 'post', '--body', '{"attributes":{"email":"req@example.org"}}'];
    expect((await bridge(args)).code).toBe(1);
    expect(writes()).toEqual([]);
    expect((await bridge([...args, '--yes'])).code).toBe(0);
    const refused = await bridge(['request', '/scim/Users/4712', '--method', 'DELETE', '--yes']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is the operation delete-scim-user: call it by its name');
    const outside = await bridge(['request', '/playbooks', '--method', 'POST', '--body', '{}', '--yes']);
    expect(outside.err).toContain('(drift.firewall)');
    expect(writes()).toEqual(['POST /contacts']);
    // Before anybody is asked.
    const odd = await bridge(['request', '/contacts', '--method', 'BREW'], true);
    expect(odd).toMatchObject({ code: 1, asked: [] });
    expect(odd.err).toContain('--method takes GET, POST, PUT, PATCH, DELETE, not "BREW".');
  });
});

describe('bridge drift --file', () => {
  function file(name: string, lines: readonly string[]): string {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    return path;
  }
  const contact = (name: string): string => JSON.stringify({ attributes: { email: `${name}@example.org` } });

  it('sends the lines, tells what became of them, and goes on with the same key', async () => {
    const two = file('two.ndjson', [contact('f1'), contact('f2')]);
    const first = await bridge(['create-contact', '--file', two, '--batch', 'files']);
    expect(first).toMatchObject({ code: 0, err: expect.stringMatching(/^Accepted as opb_\S+\.\n$/) as unknown });
    expect(first.out).toMatch(/^opb_\S+ {2}done {2}2 ok\n$/);
    const three = file('three.ndjson', [contact('f1'), contact('f2'), contact('f3')]);
    expect((await bridge(['create-contact', '--file', three, '--batch', 'files'])).out).toMatch(/3 ok\n$/);
    expect(writes().length).toBe(3);
    const lines = await bridge(['create-contact', '--file', three, '--batch', 'files', '--json']);
    expect(
      lines.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { state: string }).state),
    ).toEqual([...['ok', 'ok', 'ok']]);
    const [, id = ''] = /^(opb_\S+)/.exec(first.out) ?? [];
    expect((await bridge(['batch', id])).out).toMatch(/3 ok\n$/);
  });

  it('names a batch itself, shows lines that did not go well, and exits with 1', async () => {
    const bad = await bridge(['create-contact', '--file', file('bad.ndjson', [contact('g1'), 'no json'])]);
    expect(bad.code).toBe(1);
    expect(bad.err).toMatch(/^Batch [0-9a-f-]{36}: after an interruption/);
    expect(bad.out).toContain('line 2: invalid request.invalid The line is not valid JSON.');
    expect((await bridge(['create-contact', '--file', join(folder, 'none.ndjson')])).err).toContain('cannot be read');
    expect((await bridge(['create-contact', '--file', folder])).err).toContain('is a folder, not a file');
  });

  it('says in a dry run what would be sent for each line, what is found, and that nothing was sent', async () => {
    const made = await bridge(['create-contact', '--email', 'h1@example.org', '--name', 'Before', '--json']);
    const { id } = (JSON.parse(made.out) as { answer: { data: { id: string } } }).answer.data;
    const lines = [JSON.stringify({ contactId: id, attributes: { name: 'After' } }), 'no json'];
    world.simulator.clearJournal();
    const dry = await bridge(['update-contact', '--file', file('dry.ndjson', lines), '--dry-run']);
    expect(dry.code).toBe(1);
    const [head, first, second, counts] = dry.out.split('\n');
    expect(head).toBe('dry run, nothing was sent');
    expect(first).toBe(
      `  line 1: would send PATCH /contacts/${id}; body {"attributes":{"name":"After"}}; get-contact found attributes.name: "Before" -> "After"`,
    );
    expect(second).toBe('  line 2: invalid request.invalid The line is not valid JSON.');
    expect(counts).toMatch(/^opb_\S+ {2}done {2}1 ok, 1 invalid$/);
    expect(writes()).toEqual([]);
  });

  it('goes with no option for one call', async () => {
    const path = file('one.ndjson', [contact('i1')]);
    for (const more of [
      ['--name', 'x'],
      ['--set', 'a=1'],
      ['--json-body', '{}'],
      ['--attribute', 'a=b'],
    ]) {
      const refused = await bridge(['create-contact', '--file', path, ...more]);
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/^Options for one call do not go with --file: --/);
    }
    expect(writes()).toEqual([]);
  });

  it('may be a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', pipe]);
    const written = writeFile(pipe, `${contact('j1')}\n`);
    expect((await bridge(['create-contact', '--file', pipe], true)).out).toMatch(/1 ok\n$/);
    await written;
  });

  it('shows progress while somebody watches', async () => {
    const slow = Array.from({ length: 20 }, (_, n) => contact(`p${String(n)}`));
    world.simulator.fault({ method: 'POST', path: '/contacts', kind: 'slow-first-byte', delayMs: 60, times: 20 });
    const { err } = await bridge(['create-contact', '--file', file('slow.ndjson', slow)], true);
    expect(err).toMatch(/\d+ of 20 lines, \d+\.\d a second/);
  });
});
