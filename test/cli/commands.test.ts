import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { documents } from '../../src/compose/documents.ts';
import { type CliBridge, cliBridge, runIn } from './bridge.ts';

const HR = [
  'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date',
  '00001,Alex,Example,alex.example@example.com,Active,2020-01-15,',
  '00002,Sam,Sample,sam.sample@example.com,Active,2020-13-99,',
  '',
].join('\n');

let bridge: CliBridge;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-cli-'));
  bridge = await cliBridge({ policy: { verifiedDomains: ['example.com'] } });
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await bridge.close();
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function seats(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const name = `new${String(n)}@example.com`;
    await bridge.api.store.write((tx) =>
      tx.people.accept({
        source: 'idp',
        recordKey: `idp-${String(n)}`,
        keys: [],
        at: bridge.api.clock.now(),
        state: 'active',
        data: { userName: name, displayName: `New \u001b[31mPerson ${String(n)}`, emails: [name] },
      }),
    );
  }
  await bridge.api.observe([]);
}

describe('help', () => {
  const commands = [
    [],
    ['serve'],
    ['worker'],
    ['config'],
    ['openapi'],
    ['simulate'],
    ['import'],
    ['reconcile'],
    ['plan'],
    ['plan', 'show'],
    ['plan', 'approve'],
    ['plan', 'reject'],
    ['plan', 'apply'],
    ['report'],
    ['explain'],
    ['token'],
    ['token', 'create'],
    ['token', 'rotate'],
    ['token', 'revoke'],
    ['token', 'list'],
    ['tenant'],
    ['tenant', 'pause'],
    ['tenant', 'resume'],
    ...['webhook', 'events', 'credentials', 'batches', 'cancel', 'batch', 'operations', 'request'].map((name) => [
      'drift',
      name,
    ]),
    ['doctor'],
    ['audit', 'verify'],
    ['audit', 'export'],
  ];
  it.each(commands.map((command) => [command.join(' ') || 'bridge', command] as const))(
    'of %s has an example',
    async (_, command) => {
      const { code, out } = await runIn({}, ...command, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(/Example:\n {2}(\S+=\S+ )*bridge /);
    },
  );
});

describe('what goes wrong', () => {
  it.each([
    ['no bridge', { BRIDGE_URL: 'http://127.0.0.1:1', BRIDGE_ADMIN_TOKEN: 'x' }, ['doctor'], /No bridge answers/],
    ['no token', {}, ['doctor'], /BRIDGE_ADMIN_TOKEN is not set/],
    ['an unknown command', {}, ['frobnicate'], /unknown command/],
    ['an unknown option', {}, ['doctor', '--fast'], /unknown option/],
    ['a setting', { PORT: 'http' }, ['serve'], /PORT must be a whole number/],
    ['a worker without PostgreSQL', {}, ['worker'], /BRIDGE_MODE "worker" needs DATABASE_URL/],
    ['settings of a simulator', {}, ['simulate', '--settings', '{"scimPath":"/x"}'], /scimPath/],
  ] as const)('is said in a sentence: %s', async (_, env, args, says) => {
    const { code, err } = await runIn(env, ...args);
    expect(code).toBe(1);
    expect(err).toMatch(says);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('is said with its place where the bridge names one', async () => {
    const { code, err } = await bridge.run('reconcile', '--people', 'nobody');
    expect(code).toBe(1);
    expect(err).toContain('request.invalid');
    expect(err).toContain('body.scope');
  });

  it('is a refused token, a missing file, a run that is not there', async () => {
    const { code, err } = await runIn({ BRIDGE_URL: bridge.url, BRIDGE_ADMIN_TOKEN: 'y'.repeat(40) }, 'doctor');
    expect([code, err]).toEqual([1, expect.stringContaining('not known here')]);
    expect((await bridge.run('import', join(folder, 'none.csv'))).err).toContain('cannot be read');
    expect((await bridge.run('report', 'latest')).err).toContain('There is no run yet');
  });
});

describe('import', () => {
  it('shows what was found and what is wrong, and exits with 3 when the file is held', async () => {
    const path = file('hr.csv', HR);
    const preview = await bridge.run('import', path, '--preview');
    expect(preview.out).toContain('Preview (nothing is stored)');
    const taken = await bridge.run('import', path);
    expect(taken.out).toContain('2 read = 1 accepted + 0 warned + 1 quarantined + 0 rejected');
    expect(taken.out).toContain('fix-file');
    expect(taken.code).toBe(0);
    const bad = '00003,Kim,Person,kim.person@example.com,Active,2020-99-01,\n';
    const held = await bridge.run('import', file('bad.csv', `${HR}${bad}`));
    expect(held.out).toContain('Gate bad_rows: 2, limit 1');
    expect(held.out).toContain('/release');
    expect(held.code).toBe(3);
    const json = await bridge.run('import', path, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ feed: 'hr', rows: { read: 2 } });
    expect(taken.err).toBe('');
  });

  it('shows in a preview what each column holds, and what to know of the file', async () => {
    const text = `Report of January\n${HR.replace('2020-13-99', '2020-01-31')}Total: 2\n`;
    const { out } = await bridge.run('import', file('hr.csv', text), '--preview');
    expect(out).toContain('! 1 lines above the header are left out.');
    expect(out).toContain('of them a trailer at the end');
    expect(out).toContain('proven whole by: trailer line');
    expect(out).toMatch(/Column +Read as +Sure +Filled +Samples/);
    expect(out).toMatch(/Employee ID +personKey +\d+ % +100 % +00001 \| 00002/);
    expect(out).toMatch(/Termination Date +end +\d+ % +0 %/);
    expect(out).not.toContain('alex.example@');
    expect(out).not.toContain('Alex');
  });

  it('sends the proof that the file is whole, and its name', async () => {
    const text = HR.replace('2020-13-99', '2020-01-31');
    const path = file('Größe.csv', text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const flags = ['--rows', '2', '--sha256', sha256, '--as-of', '2026-01-02', '--done'];
    expect((await bridge.run('import', path, ...flags)).out).toContain('proven whole by: manifest');
    const manifest = file('hr.json', JSON.stringify({ rows: 2, sha256, asOf: '2026-01-03' }));
    const written = await bridge.run('import', path, '--manifest', manifest, '--preview');
    expect(written.out).toContain('proven whole by: manifest');
    const held = await bridge.run('import', path, '--manifest', manifest, '--rows', '3');
    expect([held.code, held.out]).toEqual([3, expect.stringContaining('The manifest says 3 rows')]);
    const other = await bridge.run('import', path, '--manifest', file('other.json', '{"row": 2}'));
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('neither "rows" nor "sha256"')]);
    const wrong = await bridge.run('import', path, '--rows', 'two');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('Bridge-Feed-Rows')]);
    const unfinished = await bridge.run('import', file('hr.csv.filepart', text));
    expect([unfinished.code, unfinished.err]).toEqual([1, expect.stringContaining('import.unreadable')]);
  });

  it('refuses what is no table of people', async () => {
    const { code, err } = await bridge.run('import', file('hr.csv', 'hello'));
    expect(code).toBe(1);
    expect(err).toContain('import.unreadable');
  });
});

describe('reconcile and plan', () => {
  it('exit with 0 when nothing is to be done', async () => {
    await bridge.api.observe([]);
    bridge.work();
    const { code, out } = await bridge.run('reconcile', '--speculative');
    expect(out).toContain('Plan: nothing to do.');
    expect(code).toBe(0);
  });

  it('show what a gate holds, say how to go on, and approve it by its hash', async () => {
    await seats(12);
    bridge.work();
    const reconciled = await bridge.run('reconcile');
    expect(reconciled.code).toBe(3);
    expect(reconciled.out).toContain('Gate creates: 12, limit 10, 12 held');
    const [, approve = ''] = /^ {2}bridge (plan approve .*)$/m.exec(reconciled.out) ?? [];
    expect(approve).toContain('--override creates=12');
    const [, , id = '', , hash = ''] = approve.split(' ');

    const shown = await bridge.run('plan', 'show', id, '--limit', '3');
    expect(shown.code).toBe(3);
    expect(shown.out).toContain('+ create');
    expect(shown.out).toContain('… and 9 more');
    expect(shown.out).not.toContain('\u001b');

    expect((await bridge.run('plan', 'approve', id, '--hash', 'f'.repeat(12))).err).toContain('plan.hash_mismatch');
    expect((await bridge.run('plan', 'approve', id, '--hash', hash)).err).toContain('plan.held');
    expect((await bridge.run('plan', 'approve', id, '--hash', hash, '--override', 'creates')).err).toContain(
      '--override takes',
    );
    const done = await bridge.run(
      'plan',
      'approve',
      id,
      '--hash',
      `${hash.slice(0, 12)}…`,
      '--override',
      'creates=12',
      '--json',
    );
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ state: 'approved', counts: { create: { approved: 12 } } });
    expect((await bridge.run('plan', 'reject', id, '--reason', 'late')).out).toContain('rejected');
  });

  it('go without waiting where nobody wants to', async () => {
    const { code, out } = await bridge.run('reconcile', '--no-wait', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: 'queued' });
  });
});

describe('report and explain', () => {
  it('list entries, write files, and find a person by name', async () => {
    await bridge.run('import', file('hr.csv', HR.replace('2020-13-99', '2020-01-31')));
    await bridge.api.observe([]);
    bridge.work();
    await bridge.run('reconcile');
    const report = await bridge.run('report', 'latest', '--limit', '1');
    expect(report.out).toContain('… and 1 more');
    const page = join(folder, 'report.html');
    expect((await bridge.run('report', 'latest', '--format', 'html', '--out', page)).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('<!doctype html>');
    const csv = await bridge.run('report', 'latest', '--format', 'csv');
    expect(csv.out.trim().split('\r\n')).toHaveLength(3);
    const explained = await bridge.run('explain', 'alex example');
    expect(explained.out).toContain('Alex Example  per_');
    expect(explained.out).toMatch(/\nNext {2}\S/);
    expect((await bridge.run('explain', 'example.com')).err).toContain('More than one person');
    expect((await bridge.run('explain', 'nobody')).err).toContain('Nobody is known');
  });
});

describe('tokens, doctor and audit', () => {
  it('make, list, rotate and revoke', async () => {
    const made = JSON.parse((await bridge.run('token', 'create', '--subject', 'robin', '--json')).out) as {
      id: string;
      token: string;
    };
    expect(made.token).toMatch(/^dsb_api_/);
    expect((await bridge.run('token', 'list')).out).toMatch(new RegExp(`${made.id}.*robin.*read`));
    const rotated = await bridge.run('token', 'rotate', made.id, '--overlap', '0');
    expect(rotated.out).toMatch(/^dsb_api_\S+\n\nThis is shown once/);
    expect((await bridge.run('token', 'revoke', made.id)).code).toBe(0);
    expect((await bridge.run('token', 'revoke', made.id)).code).toBe(1);
  });

  it('say how things stand', async () => {
    const doctor = await bridge.run('doctor');
    expect(doctor.code).toBe(0);
    expect(doctor.out).toMatch(/ok\s+store/);
    // Nothing works here, so the probe stays queued.
    const probe = await bridge.run('doctor', '--probe');
    expect([probe.code, probe.out]).toEqual([0, expect.stringContaining('The probe is not done yet')]);
    const verified = await bridge.run('audit', 'verify');
    expect([verified.code, verified.out]).toEqual([0, expect.stringMatching(/^In order: \d+ entries/)]);
    const exported = await bridge.run('audit', 'export');
    expect(
      exported.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)[0],
    ).toMatchObject({ seq: 1 });
  });
});

describe('commands that need no bridge', () => {
  it('print settings without secrets, and exit with 1 when they are wrong', async () => {
    const { code, out } = await runIn({ DRIFT_TOKEN: 'very-secret', PORT: '99999' }, 'config');
    expect(code).toBe(1);
    expect(out).toMatch(/DRIFT_TOKEN\s+\(set\)\s+set/);
    expect(out).toContain('PORT must be from 1 to 65535');
    expect(out).not.toContain('very-secret');
    expect((await runIn({}, 'config')).code).toBe(0);
  });

  it('print the policy, what it may hold, and the API', async () => {
    const policy = await runIn({}, 'config', '--policy');
    expect(JSON.parse(policy.out)).toEqual(JSON.parse(JSON.stringify(documents.policy())));
    const schema = await runIn({}, 'config', '--policy-schema');
    expect(schema.out).toContain('has no vote');
    const path = join(folder, 'openapi.json');
    expect((await runIn({}, 'openapi', '--out', path)).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ openapi: '3.1.0' });
  });
});
