import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CliBridge, cliBridge } from './bridge.ts';

const SECRETS = ['token-of-a-private-app', 'token-for-scim-only'];

let bridge: CliBridge;
let folder: string;
const taken: unknown[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-service-'));
  bridge = await cliBridge({
    driftCredentials: {
      async replace(_tenantId, given) {
        taken.push(given);
        return { kind: given.kind, organisation: '4021', scopes: ['user_read'] };
      },
    },
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await bridge.close();
});

describe('bridge drift, for an operator', () => {
  it('says where Drift is to send its events, and which came', async () => {
    const before = await bridge.run('drift', 'webhook');
    expect(before.out).toContain('Request URL   http://localhost:8080/webhooks/drift/address-of-the-test\n');
    expect(before.out).toContain('Last event    none came yet\n');
    expect((await bridge.run('drift', 'events')).out).toBe('No event.\n');
    await bridge.api.store.write((tx) =>
      tx.events.add({
        id: '0198c0de-7a2b-7000-8000-000000000001',
        type: 'new_message',
        object: 'conversation:7',
        contentHash: 'hash',
        freshAfter: '2000-01-01T00:00:00.000Z',
        receivedAt: bridge.api.clock.now(),
        hints: { orgIds: [], marks: [] },
      }),
    );
    expect((await bridge.run('drift', 'webhook')).out).toContain(`Last event    ${bridge.api.clock.now()}\n`);
    const events = await bridge.run('drift', 'events', '--type', 'new_message');
    expect(events.out).toMatch(/new_message +conversation:7 +pending/);
    expect((await bridge.run('drift', 'events', '--state', 'done')).out).toBe('No event.\n');
    expect((await bridge.run('drift', 'events', '--limit', '0')).err).toContain('--limit takes');
  });

  it('takes other credentials from a prompt or standard input, and never shows them', async () => {
    const asked: (readonly string[])[] = [];
    const secrets = async (questions: readonly string[]): Promise<readonly string[]> => {
      asked.push(questions);
      return SECRETS;
    };
    const given = await bridge.runAt({ secrets }, 'drift', 'credentials', '--scim-token');
    expect(given).toMatchObject({ code: 0, err: '', out: 'Drift takes them: token, organisation 4021.\n' });
    expect(asked).toEqual([['token of the private app', 'token for SCIM']]);
    expect(taken).toEqual([{ kind: 'token', token: SECRETS[0], scimToken: SECRETS[1] }]);
    const oauth = await bridge.runAt({ secrets }, 'drift', 'credentials', '--client-id', 'client-1');
    expect(oauth.code).toBe(0);
    expect(taken[1]).toMatchObject({ kind: 'oauth', clientId: 'client-1', refreshToken: SECRETS[1] });
    for (const one of [given, oauth]) expect(one.out + one.err).not.toMatch(new RegExp(SECRETS.join('|')));
    const none = await bridge.runAt({ secrets: async () => ['  '] }, 'drift', 'credentials');
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('No token of the private app was given')]);
    expect((await bridge.run('drift', 'credentials', 'a-token-as-argument')).code).toBe(1);
    expect(taken).toHaveLength(2);
  });

  it('pauses the tenant, and resumes it', async () => {
    expect(await bridge.run('tenant', 'pause')).toMatchObject({
      code: 0,
      out: 'Tenant default is paused: its jobs wait.\n',
    });
    expect((await bridge.run('tenant', 'resume')).out).toBe('Tenant default is active: it goes on.\n');
  });
});

describe('a batch that is running', () => {
  const lines = (): string => {
    const path = join(folder, 'lines.ndjson');
    writeFileSync(path, `${JSON.stringify({ attributes: { email: 'ann@example.org' } })}\n`);
    return path;
  };

  it('goes on after Ctrl-C, which says how to stop it; and is cancelled', async () => {
    let interrupt: (() => void) | undefined;
    let isReleased = false;
    const interrupted = await bridge.runAt(
      {
        onInterrupt(act) {
          interrupt = act;
          return () => (isReleased = true);
        },
        err(text) {
          if (text.startsWith('Accepted as')) setTimeout(() => interrupt?.(), 20);
        },
      },
      ...['drift', 'create-contact', '--file', lines(), '--batch', 'to-stop'],
    );
    expect(interrupted.code).toBe(1);
    expect(isReleased).toBe(true);
    const [, id = ''] = /^Accepted as (opb_\S+)\.\n/.exec(interrupted.err) ?? [];
    expect(interrupted.err).toContain(`It goes on in the bridge. Stop it: bridge drift cancel ${id}\n`);

    const listed = await bridge.run('drift', 'batches', '--state', 'running');
    expect(listed.out).toMatch(new RegExp(`${id} +create-contact +running +\\S+ +1 queued`));
    const cancelled = await bridge.run('drift', 'cancel', id);
    expect(cancelled).toMatchObject({ code: 0, out: `${id}  cancelled  1 skipped\n` });
    expect((await bridge.run('drift', 'batches', '--state', 'running')).out).toBe('No batch.\n');
    expect((await bridge.run('drift', 'batches', '--limit', 'x')).err).toContain('--limit takes');
  });

  it('is named by its id only', async () => {
    for (const verb of ['batch', 'cancel']) {
      const { code, err } = await bridge.run('drift', verb, 'opb_x');
      expect([code, err]).toEqual([1, expect.stringContaining('opb_x is not the id of a batch')]);
    }
  });
});
