import { describe, expect, it } from '@jest/globals';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import type { OperationInput } from '../../src/drift/operations/operation.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { clientAt } from '../drift/recording-server.ts';
import { refusal } from './drift-suite.ts';

const ATTRIBUTES = { attributes: { email: 'nobody@example.net' } };
const TAGS = [{ name: 'customer' }];
const PARAMS = { userId: '7', contactId: '11', accountId: '4_x.example', conversationId: '9', documentId: '5' };

/** Inputs that each row takes, about somebody who is not there. */
const INPUTS: Readonly<Record<string, OperationInput>> = {
  'create-scim-user': { body: { userName: 'nia@example.com', displayName: 'Nia' } },
  'replace-scim-user': { body: { userName: 'nia@example.com', displayName: 'Nia', active: true } },
  'patch-scim-user': { body: { displayName: 'Nia' } },
  'get-users': { query: { userId: 7 } },
  'update-user': { query: { userId: 7 }, body: { alias: 'Nia' } },
  'create-contact': { body: ATTRIBUTES },
  'find-contacts': { query: { email: 'nobody@example.net' } },
  'find-contacts-by-external-id': { query: { id: 'e-1' } },
  'update-contact': { body: ATTRIBUTES },
  'update-contact-by-id-type': { query: { idType: 'external', id: 'e-1' }, body: ATTRIBUTES },
  'create-timeline-event': { body: { contactId: 11, event: 'came' } },
  'unsubscribe-emails': { body: ['nobody@example.net'] },
  'add-contact-tags': { body: TAGS },
  'remove-contact-tags': { body: TAGS },
  'create-account': { body: { ownerId: 7, domain: 'x.example' } },
  'update-account': { body: { accountId: '4_x.example', ownerId: 7 } },
  'create-conversation': { body: { email: 'nobody@example.net', message: { body: 'Hello' } } },
  'update-conversation': { body: { status: 'closed' } },
  'post-message': { body: { type: 'chat', body: 'Hello' } },
  'report-conversations': { body: { metrics: ['numMessages'] } },
  'gdpr-retrieve': { body: { email: 'nobody@example.net' } },
  'gdpr-delete': { body: { email: 'nobody@example.net' } },
  'token-info': { body: { access_token: 'nobody-knows-this' } },
  'uninstall-app': { query: { clientId: 'a-client', clientSecret: 'a-secret' } },
};

const PERMIT = { changeId: 'change-1', fence: 1 };
const scopes = [...new Set(DRIFT_OPERATIONS.flatMap(({ scope }) => (scope === null ? [] : [scope])))].toSorted();

/** Status and code of what a token with these scopes is told, by operation. */
async function told(
  granted: readonly string[],
  which: (scope: string | null) => boolean,
  unauthorizedStatus: 401 | 403 = 401,
): Promise<ReadonlyMap<string, string>> {
  const settings = { scopes: [...granted], ratePerMinute: 0, reportsPerMinute: 0, unauthorizedStatus };
  const simulator = await startSimulator({ settings });
  const token = granted.includes('no such token') ? 'a-token-of-nobody' : simulator.token;
  const permits = { deprovision: async () => true, erase: async () => true };
  const answers = new Map<string, string>();
  for (const row of DRIFT_OPERATIONS.filter(({ scope }) => which(scope))) {
    // One at a time and each with a client of its own, so that none profits from what another was told.
    const client = clientAt(simulator.url, { token, permits });
    const names = Array.from(row.path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name);
    const params = Object.fromEntries(names.map((name) => [name, { ...PARAMS, tagName: 'customer' }[name]]));
    const permit = row.use === 'plan' ? { permit: PERMIT } : {};
    answers.set(row.name, refusal(await client.call(row, { params, ...INPUTS[row.name], ...permit })));
    await client.close();
  }
  await simulator.close();
  return answers;
}

describe('scopes of operations', () => {
  it.each(scopes)('%s is enough for what is said to need it', async (scope) => {
    const answers = await told([scope], (needed) => needed === scope);
    expect(answers.size).toBeGreaterThan(0);
    expect([...answers].filter(([, answer]) => answer.startsWith('403'))).toEqual([]);
  });

  it.each(scopes)(
    '%s is needed: without it the call is refused, and the token is not taken for dead',
    async (scope) => {
      const answers = await told(
        scopes.filter((other) => other !== scope),
        (needed) => needed === scope,
      );
      expect([...answers].filter(([, answer]) => answer !== '403 authentication_error')).toEqual([]);
    },
  );

  it('are not asked for where none is known', async () => {
    const answers = await told([], (needed) => needed === null);
    expect(answers.size).toBeGreaterThan(5);
    // The app calls refuse what they were asked about, not who asks.
    const refused = [...answers].filter(([, answer]) => answer.startsWith('403')).map(([name]) => name);
    expect(refused).toEqual(['uninstall-app']);
  });

  it.each([401, 403] as const)('do not matter to a dead token: every operation says so, told by %s', async (status) => {
    const answers = await told(['no such token'], () => true, status);
    expect(answers.size).toBe(DRIFT_OPERATIONS.length);
    const otherwise = [...answers].filter(([, answer]) => answer !== '401 credential_dead').map(([name]) => name);
    expect(otherwise).toEqual([]);
  });
});
