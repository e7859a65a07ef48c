import { describe, expect, it } from '@jest/globals';
import { parseJson, writeJson } from '../../src/drift/lossless-json.ts';
import { operationNamed } from '../../src/drift/operations.ts';

const read = (name: string, text: string): { readonly success: boolean; readonly data?: unknown } | undefined =>
  operationNamed(name)?.answer.safeParse(text === '' ? undefined : parseJson(text));

describe('answers', () => {
  it.each<[string, string, unknown]>([
    // Ids of 64 bits stay whole, whatever form they come in.
    ['get-contact', '{"data":{"id":11700000000000737,"attributes":{}}}', { data: { id: '11700000000000737' } }],
    ['get-conversation', '{"data":{"id":"11700000000000737"}}', { data: { id: '11700000000000737' } }],
    ['get-conversation', '{"id":11700000000000737}', { data: { id: '11700000000000737' } }],
    ['create-conversation', '{"id":11700000000000737,"status":"open"}', { id: '11700000000000737' }],
    ['create-conversation', '{"data":{"id":11700000000000737}}', { id: '11700000000000737' }],
    // A list, or one.
    ['find-contacts', '{"data":[]}', { data: [] }],
    ['find-contacts', '{"data":{"id":1,"attributes":{}}}', { data: [{ id: '1' }] }],
    // A map by id, or a list.
    ['get-users', '{"data":{"7":{"id":7},"8":{"id":8}}}', { data: [{ id: '7' }, { id: '8' }] }],
    ['get-users', '{"data":[{"id":8}]}', { data: [{ id: '8' }] }],
    ['get-users', '{"data":{}}', { data: [] }],
    // With an envelope or without.
    ['list-playbooks', '[{"id":1}]', [{ id: '1' }]],
    ['list-playbooks', '{"data":[{"id":1}]}', [{ id: '1' }]],
    ['list-landing-pages', '[{"playbookId":1}]', [{ playbookId: '1' }]],
    ['list-teams', '{"data":[{"id":1,"members":[7,8],"owner":7}]}', { data: [{ members: ['7', '8'], owner: '7' }] }],
    ['list-teams', '[{"id":1}]', { data: [{ id: '1' }] }],
    ['list-meetings', '[{"agentId":7}]', { data: [{ agentId: '7' }] }],
    ['count-conversations', '{"conversationCount":{"OPEN":1}}', { conversationCount: { OPEN: 1 } }],
    ['count-conversations', '{"data":{"conversationCount":{"OPEN":1}}}', { conversationCount: { OPEN: 1 } }],
    ['list-contact-tags', '[{"name":"customer"}]', { data: [{ name: 'customer' }] }],
    ['create-timeline-event', '{"event":"came","contactId":1}', { data: { event: 'came', contactId: '1' } }],
    ['gdpr-delete', '{"message":"processing"}', { data: { message: 'processing' } }],
    ['get-json-transcript', '[1]', [1]],
    // Both kinds of pages.
    ['list-conversations', '{"data":[],"links":{"next":"/x"}}', { links: { next: '/x' } }],
    ['list-conversations', '{"data":[],"pagination":{"more":true,"next":25}}', { pagination: { next: '25' } }],
    // Done, in whatever words.
    ['delete-contact', '{"result":"OK","ok":true}', { ok: true }],
    ['delete-contact', '{"data":{"id":11700000000000737}}', { data: {} }],
    ['delete-contact', '', undefined],
    ['delete-account', '{"result":"OK","ok":true}', { ok: true }],
    ['delete-account', '', undefined],
    ['remove-contact-tag', '', undefined],
    ['uninstall-app', '{"result":"OK","ok":true}', { ok: true }],
    // What is missing from a report is null.
    ['report-conversations', '{"data":[{"conversationId":1,"metrics":[2,"NaN"]}]}', { data: [{ metrics: [2, null] }] }],
    ['list-scim-users', '{"totalResults":0,"id":null}', { totalResults: 0, Resources: [] }],
  ])('of %s: %s', (name, text, expected) => {
    const answer = read(name, text);
    expect(answer?.success).toBe(true);
    if (expected === undefined) expect(answer?.data).toBeUndefined();
    else expect(answer?.data).toMatchObject(expected as object);
  });

  it.each<[string, string]>([
    ['delete-contact', '{"ok":false}'],
    ['delete-account', '{"ok":false,"result":"OK"}'],
    ['get-users', '{"data":"none"}'],
    ['list-teams', '{"data":null}'],
    ['create-conversation', '{"data":{}}'],
    ['create-conversation', '{}'],
    ['list-playbooks', '{"data":{"id":1}}'],
    ['report-conversations', '[]'],
    ['list-messages', '{"data":[]}'],
    ['get-conversation', '""'],
  ])('of another shape are none: %s %s', (name, text) => {
    expect(read(name, text)?.success).toBe(false);
  });

  it('of token-info do not repeat the token', () => {
    const text = '{"access_token":"drift-token-for-tests-0001","scope":"user_read","expires_in":0,"credential_id":77}';
    expect(read('token-info', text)?.data).toEqual({ scope: 'user_read', expires_in: 0, credential_id: '77' });
  });
});

describe('ids that go out', () => {
  it('are the same digits, as numbers where Drift expects numbers', () => {
    const id = '11700000000000737';
    const event = operationNamed('create-timeline-event')?.body.parse({ contactId: id, event: 'came' });
    expect(writeJson(event)).toBe(`{"contactId":${id},"event":"came"}`);
    const user = operationNamed('get-users')?.query.parse({ userId: [7, '8'] });
    expect(user).toEqual({ userId: [7n, 8n] });
    expect(operationNamed('get-conversation')?.params.parse({ conversationId: id })).toEqual({ conversationId: id });
    // A number that has lost its digits is no id.
    for (const contactId of [Number(id), 0, -1, 1.5, '01', 'x', '9'.repeat(20)]) {
      const given = operationNamed('create-timeline-event')?.body.safeParse({ contactId, event: 'came' });
      expect([contactId, given?.success]).toEqual([contactId, false]);
    }
  });
});
