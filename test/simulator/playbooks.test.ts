import { expect, it } from '@jest/globals';

import { at, EMAILS, handClock, list, withSimulator } from './calling.ts';

it('playbooks are a bare list of the active ones, whose author outlives the seat', () =>
  withSimulator({}, async ({ simulator, call, idOf }) => {
    const mel = idOf(EMAILS.mel);
    simulator.seed({
      playbooks: [
        { name: 'Welcome', authorEmail: EMAILS.mel, goals: ['Booked'], createdAt: 5 },
        { name: 'Retired', authorEmail: EMAILS.mel, active: false },
        { name: 'Landing', authorEmail: EMAILS.ada, landingPageUrl: 'https://example.com/chat' },
      ],
    });
    await call('DELETE', `/scim/Users/${mel}`);
    const { json } = await call('GET', '/playbooks/list');
    expect(list(json).map((one) => at(one, 'name'))).toEqual(['Welcome', 'Landing']);
    expect(at(json, 0)).toMatchObject({
      id: 91_001,
      createdAuthorId: mel,
      updatedAuthorId: mel,
      createdAt: 5,
      goals: [{ id: '91001-1', message: 'Booked' }],
    });
    expect((await call('GET', '/playbooks/clp')).json).toEqual([
      { playbookId: 91_003, playbookName: 'Landing', landingPageUrl: 'https://example.com/chat' },
    ]);
    expect(() => simulator.seed({ playbooks: [{ name: 'X', authorEmail: 'x@example.com' }] })).toThrow(
      'playbooks[0].authorEmail: x@example.com is no agent',
    );
  }));

it('meetings are those of about the last thirty days', async () => {
  const clock = handClock();
  await withSimulator({ clock: clock.now }, async ({ simulator, call, idOf }) => {
    const contactEmail = 'vi.sitor@example.org';
    const day = 86_400_000;
    simulator.seed({
      contacts: [{ attributes: { email: contactEmail } }],
      meetings: [31, 20, 10, -1].map((days) => ({
        agentEmail: EMAILS.ada,
        contactEmail,
        slotStart: clock.now() - days * day,
      })),
    });
    const found = async (query: string) =>
      list((await call('GET', `/users/meetings/org?${query}`)).json, 'data').map((one) =>
        Math.round((clock.now() - Number(at(one, 'slotStart'))) / day),
      );
    expect(await found('')).toEqual([20, 10, -1]);
    expect(await found('limit=1')).toEqual([20]);
    expect(await found(`min_start_time=${clock.now() - 15 * day}&max_start_time=${clock.now()}`)).toEqual([10]);
    const { json } = await call('GET', '/users/meetings/org?limit=1');
    expect(at(json, 'data', 0)).toMatchObject({ agentId: idOf(EMAILS.ada), endUserId: 11_751_623_441_268_737n });
    expect((await call('GET', '/users/meetings/org?limit=1001')).status).toBe(400);
    expect((await call('GET', '/users/meetings/org?min_start_time=monday')).status).toBe(400);
    const stranger = { agentEmail: EMAILS.ada, contactEmail: 'no@example.org', slotStart: 1 };
    expect(() => simulator.seed({ meetings: [stranger] })).toThrow('is no contact');
  });
});
