import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { judge } from '../../src/drift/firewall.ts';
import { DRIFT_OPERATIONS, operationNamed } from '../../src/drift/operations.ts';
import { type Operation, NO_BODY } from '../../src/drift/operations/operation.ts';

const rows = DRIFT_OPERATIONS.map((row) => [row.name, row] as const);
const namesIn = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
const membersOf = (schema: z.ZodType): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

/** Reads that are asked with a body. */
const READING_POSTS = ['token-info', 'report-conversations'];

function firewallOn(row: Operation, id: string): string {
  const path = (row.api === 'scim' ? '/scim' : '') + row.path.replaceAll(/\{\w+\}/g, id);
  const body = row.name === 'gdpr-delete' ? '{"email":"gone@example.com"}' : undefined;
  return judge({ method: row.method, path, query: '', body, scimPath: '/scim' }).kind;
}

describe('the table of operations', () => {
  it('names every call once, in kebab-case, and is found by name', () => {
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
    expect(rows.filter(([name]) => !/^[a-z]+(-[a-z]+)+$/.test(name))).toEqual([]);
    expect(rows.map(([name]) => operationNamed(name))).toEqual(DRIFT_OPERATIONS);
    expect(operationNamed('no-such-call')).toBeUndefined();
  });

  it('has every endpoint that Drift is known to have, and no call twice but the three searches of contacts', () => {
    const calls = DRIFT_OPERATIONS.map(({ method, api, path }) => `${method} ${api === 'scim' ? '/scim' : ''}${path}`);
    expect(calls).toHaveLength(50);
    expect(new Set(calls).size).toBe(calls.length - 2);
    expect(calls.filter((call) => call === 'GET /contacts')).toHaveLength(3);
  });

  it.each(rows)('%s takes the parameters that its path names, and says where it comes from', (_name, row) => {
    expect(membersOf(row.params).toSorted()).toEqual(namesIn(row.path).toSorted());
    expect(row.source).toMatch(/^Drift API notes \d/);
    expect(row.summary).toMatch(/^[A-Z].*\.$/);
    expect(row.path.startsWith('/scim')).toBe(false);
  });

  it.each(rows)('%s can be documented: what a caller gives, and what a caller gets', (_name, row) => {
    for (const schema of [row.params, row.query, ...(row.body === NO_BODY ? [] : [row.body])]) {
      expect(() => z.toJSONSchema(schema, { io: 'input' })).not.toThrow();
    }
    expect(() => z.toJSONSchema(row.answer, { io: 'output' })).not.toThrow();
  });

  it.each(rows)('%s says what it may do', (_name, row) => {
    const reads = row.method === 'GET' || READING_POSTS.includes(row.name);
    expect(row.reversibility === 'read').toBe(reads);
    expect(row.blastRadius !== null).toBe(row.reversibility === 'irreversible');
    if (row.blastRadius !== null) expect(row.blastRadius).toMatch(/^[A-Z][^.]*\.$/);
    if (reads) expect([row.lookup, row.use]).toEqual([null, 'direct']);
    expect(row.body === NO_BODY || row.method !== 'GET').toBe(true);
  });

  it.each(rows)('%s gets past the firewall only as what it is', (name, row) => {
    const verdict = firewallOn(row, '7');
    const permitted = name === 'delete-scim-user' || name === 'gdpr-delete';
    if (permitted) expect(verdict).not.toBe('pass');
    // Bodies of agents are judged as well, and none is given here.
    else if (row.api === 'rest' && row.path !== '/users/update') expect(verdict).toBe('pass');
  });

  it('makes a plan of what changes or removes an agent through SCIM, and of an erasure', () => {
    const plans = DRIFT_OPERATIONS.filter(({ use }) => use === 'plan').map(({ name }) => name);
    expect(plans).toEqual(['replace-scim-user', 'patch-scim-user', 'delete-scim-user', 'gdpr-delete']);
  });

  it('has no name twice among the inputs of a call, so that they can be given as one object', () => {
    for (const { name, params, query, body } of DRIFT_OPERATIONS) {
      const inputs = [params, query, body].flatMap(membersOf);
      expect([name, inputs.filter((input, at) => inputs.indexOf(input) !== at)]).toEqual([name, []]);
    }
  });

  it('names secrets that are inputs', () => {
    for (const { name, secrets, params, query, body } of DRIFT_OPERATIONS) {
      const inputs = [params, query, body].flatMap(membersOf);
      expect([name, secrets.filter((secret) => !inputs.includes(secret))]).toEqual([name, []]);
      const telling = inputs.filter((input) => /secret|access_?token|password/i.test(input));
      expect([name, telling.filter((input) => !secrets.includes(input))]).toEqual([name, []]);
    }
  });
});

describe('look-ups', () => {
  const PARAMS = { userId: '7', contactId: '11', accountId: '4_x', conversationId: '9', tagName: 'customer' };
  const GIVEN = {
    query: { userId: 7, idType: 'external', id: 'e-1' },
    body: {
      email: 'pia@example.com',
      userName: 'pia@example.com',
      attributes: { email: 'pia@example.com' },
      accountId: '4_x',
      contactId: 11,
    },
  };

  it.each(rows.filter(([, row]) => row.lookup !== null))(
    '%s reads, with an input that the read takes',
    (_name, row) => {
      const params = Object.fromEntries(Object.entries(PARAMS).filter(([name]) => namesIn(row.path).includes(name)));
      const { operation, input } = row.lookup?.({ ...GIVEN, params }) ?? {};
      expect(operation?.reversibility).toBe('read');
      expect(operation?.params.safeParse(input?.params ?? {}).error).toBeUndefined();
      expect(operation?.query.safeParse(input?.query ?? {}).error).toBeUndefined();
      expect(operation?.body.safeParse(input?.body).error).toBeUndefined();
    },
  );

  it('take ids before and after the row has read them', () => {
    const found = [7, '7', 7n].map((userId) => operationNamed('update-user')?.lookup?.({ query: { userId } }).input);
    expect(found).toEqual(Array.from({ length: 3 }, () => ({ params: { userId: '7' } })));
  });

  it('follow the kind of id', () => {
    const look = (idType: string): unknown =>
      operationNamed('update-contact-by-id-type')?.lookup?.({ query: { idType, id: '11' } }).operation.name;
    expect([look('external'), look('drift'), look('internal')]).toEqual([
      'find-contacts-by-external-id',
      'get-contact',
      'get-contact',
    ]);
    const event = (body: object): unknown => operationNamed('create-timeline-event')?.lookup?.({ body }).operation.name;
    expect([event({ contactId: 11n }), event({ externalId: 'e-1' })]).toEqual([
      'get-contact',
      'find-contacts-by-external-id',
    ]);
  });
});

describe('limits of inputs', () => {
  const many = (count: number, item: unknown): readonly unknown[] => Array.from({ length: count }, () => item);

  it.each<[string, 'query' | 'body', (count: number) => unknown]>([
    ['find-contacts-by-external-id', 'query', (n) => ({ id: many(n, 'e-1') })],
    ['unsubscribe-emails', 'body', (n) => many(n, 'a@example.com')],
    ['add-contact-tags', 'body', (n) => many(n, { name: 'customer' })],
    ['remove-contact-tags', 'body', (n) => many(n, { name: 'customer' })],
    ['report-conversations', 'body', (n) => ({ metrics: many(n, 'numMessages') })],
    ['report-conversations', 'body', (n) => ({ metrics: ['a'], filters: many(n, { property: 'a', operation: 'IN' }) })],
    [
      'report-conversations',
      'body',
      (n) => ({ metrics: ['a'], filters: [{ property: 'a', operation: 'IN', values: many(n, 1) }] }),
    ],
    ['post-message', 'body', (n) => ({ type: 'chat', buttons: many(n, { label: 'Yes' }) })],
  ])('%s: its %s takes lists of a hundred, and no longer ones (%#)', (name, part, value) => {
    const taken = [99, 100, 101].map((count) => operationNamed(name)?.[part].safeParse(value(count)).success);
    expect(taken).toEqual([true, true, false]);
  });

  it.each<[string, 'params' | 'query' | 'body', unknown, boolean]>([
    ['get-users', 'query', {}, false],
    ['get-users', 'query', { userId: [] }, false],
    ['get-users', 'query', { userId: 7 }, true],
    ['get-users', 'query', { userId: Array.from({ length: 19 }, (_, n) => n + 1) }, true],
    ['get-users', 'query', { userId: Array.from({ length: 20 }, (_, n) => n + 1) }, true],
    ['get-users', 'query', { userId: Array.from({ length: 21 }, (_, n) => n + 1) }, false],
    ['list-meetings', 'query', { limit: 999 }, true],
    ['list-meetings', 'query', { limit: 1000 }, true],
    ['list-meetings', 'query', { limit: 1001 }, false],
    ['list-conversations', 'query', { limit: 0 }, false],
    ['list-conversations', 'query', { limit: 100, statusId: [1, 2, 3] }, true],
    ['list-conversations', 'query', { limit: 101 }, false],
    ['list-conversations', 'query', { statusId: 4 }, false],
    ['list-conversations', 'query', { statusId: [1, 2, 3, 1] }, false],
    ['get-user', 'params', { userId: 'x'.repeat(199) }, true],
    ['get-user', 'params', { userId: 'x'.repeat(200) }, true],
    ['get-user', 'params', { userId: 'x'.repeat(201) }, false],
    ['get-user', 'params', { userId: '' }, false],
    ['list-accounts', 'query', { size: 64 }, true],
    ['list-accounts', 'query', { size: 65 }, true],
    ['list-accounts', 'query', { size: 66 }, false],
    ['find-contacts', 'query', { email: 'a@example.com', limit: 99 }, true],
    ['find-contacts', 'query', { email: 'a@example.com', limit: 100 }, true],
    ['find-contacts', 'query', { email: 'a@example.com', limit: 101 }, false],
    ['update-contact-by-id-type', 'query', { idType: 'email', id: 'a@example.com' }, false],
    ['create-timeline-event', 'body', { contactId: '11', event: 'came' }, true],
    ['create-timeline-event', 'body', { externalId: 'e', event: 'came' }, true],
    ['create-timeline-event', 'body', { event: 'came' }, false],
    ['create-timeline-event', 'body', { contactId: '11', externalId: 'e', event: 'came' }, false],
    ['unsubscribe-emails', 'body', [], false],
    ['unsubscribe-emails', 'body', ['a@example.com'], true],
    ['unsubscribe-emails', 'body', ['nobody'], false],
    ['add-contact-tags', 'body', [], false],
    ['update-conversation', 'body', {}, false],
    ['post-message', 'body', { type: 'chat' }, false],
    ['post-message', 'body', { type: 'chat', body: '' }, false],
    ['post-message', 'body', { type: 'chat', buttons: [{ label: 'Yes' }] }, true],
    ['report-conversations', 'body', { metrics: [] }, false],
    ['gdpr-delete', 'body', { email: 'nobody' }, false],
  ])('%s: its %s of %j is taken: %s', (name, part, value, taken) => {
    expect(operationNamed(name)?.[part].safeParse(value).success).toBe(taken);
  });
});
