import { expect } from '@jest/globals';
import { tokenInfo, uninstallApp } from '../../src/drift/operations/app.ts';
import { findContacts } from '../../src/drift/operations/contacts.ts';
import { listLandingPages, listPlaybooks } from '../../src/drift/operations/playbooks.ts';
import { gdprDelete, gdprRetrieve } from '../../src/drift/operations/privacy.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

const PERMIT = { changeId: 'change-1', fence: 1 };

driftContract('playbooks, privacy and app', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-playbooks', 'answers playbooks with the ids of their authors', async ({ client }) => {
    const playbook = first(offered(await client.call(listPlaybooks)));
    expect(playbook.createdAuthorId ?? '0').toMatch(/^\d+$/);
  });

  coversAnywhere('list-landing-pages', 'answers pages with the ids of their playbooks', async ({ client }) => {
    const page = first(offered(await client.call(listLandingPages)));
    expect(page.playbookId).toMatch(/^\d+$/);
  });

  coversAnywhere('token-info', 'says whose token it is, and does not repeat it', async ({ client }) => {
    const info = ok(await client.tokenInfo());
    expect(info.authenticated_userid).toMatch(/^orgId:\d+$/);
    expect(info).not.toHaveProperty('access_token');
  });

  covers('token-info', 'tells scopes and milliseconds, and refuses a stranger', async ({ client, simulator }) => {
    const info = ok(await client.call(tokenInfo, { body: { access_token: simulator.token } }));
    expect(info.scope?.split(' ')).toContain('contact_read');
    expect(info.expires_in).toBe(0);
    const stranger = await client.call(tokenInfo, { body: { access_token: 'nobody-knows-this' } });
    expect(refusal(stranger)).toBe('400 validation_error');
    expect(await client.credential('rest')).toBe('good');
  });

  covers(
    'gdpr-retrieve',
    'has it mailed, and says where to',
    async ({ client, simulator }) => {
      const { data: answer } = ok(await client.call(gdprRetrieve, { body: { email: 'cleo@example.net' } }));
      expect(answer.sentToEmail).toMatch(/@example\.com$/);
      expect(simulator.journal().at(-1)?.effect).toEqual({ kind: 'gdpr.retrieve', id: 'cleo@example.net' });
    },
    {},
    { errorsBesideData: true },
  );

  covers(
    'gdpr-delete',
    'goes out with a permit for this e-mail, and erases later',
    async (place) => {
      const { client, permitted, advance } = place;
      const body = { email: 'cleo@example.net' };
      ok(await client.call(gdprDelete, { body, permit: PERMIT }));
      expect(permitted).toEqual([body.email]);
      expect(ok(await client.call(findContacts, { query: body })).data).toHaveLength(1);
      advance(60_000);
      expect(ok(await client.call(findContacts, { query: body })).data).toEqual([]);
    },
    { gdprDelayMs: 60_000 },
    { gdprDelayMs: 60_000, errorsBesideData: true },
  );

  covers('gdpr-delete', 'is stopped without a permit', async ({ client, simulator }) => {
    simulator.clearJournal();
    const body = { email: 'cleo@example.net' };
    await expect(client.call(gdprDelete, { body })).rejects.toMatchObject({ code: 'drift.firewall' });
    expect(simulator.journal()).toEqual([]);
    ok(await client.call(gdprDelete, { body, permit: PERMIT }));
  });

  covers('uninstall-app', 'sends what Drift wants in the query, and is refused a private token', async (place) => {
    const { client, simulator } = place;
    const { clientId, clientSecret } = simulator.grant();
    const called = await client.call(uninstallApp, { query: { clientId, clientSecret } });
    expect(refusal(called)).toBe('400 validation_error');
    expect(simulator.journal().at(-1)).toMatchObject({ path: '/app/uninstall', query: { clientId } });
  });

  covers('uninstall-app', 'ends the token of a public app', async ({ simulator, otherClient }) => {
    const { clientId, clientSecret, code } = simulator.grant();
    const answer = await fetch(`${simulator.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        code,
        grant_type: 'authorization_code',
      }),
    });
    const { access_token: token } = (await answer.json()) as { readonly access_token: string };
    const app = otherClient(token);
    expect(ok(await app.call(uninstallApp, { query: { clientId, clientSecret } }))).toMatchObject({ ok: true });
    expect(refusal(await app.call(listPlaybooks))).toBe('401 credential_dead');
  });
});
