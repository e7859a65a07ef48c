import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { account } from '../contract/building.ts';
import { as } from '../api/world.ts';
import { type CliBridge, cliBridge } from './bridge.ts';

let bridge: CliBridge;
beforeAll(async () => {
  bridge = await cliBridge();
});
afterAll(() => bridge.close());

it('says of a removal what the agent owns, and whom that goes to', async () => {
  await bridge.api.observe([account('4712', { values: { userName: 'kim@example.com' } })]);
  const made = await bridge.run('drift', 'delete-scim-user', '--user-id', '4712', '--reason', 'left');
  const [, id = ''] = /(pln_\S+);/.exec(made.out) ?? [];
  const shown = await bridge.run('plan', 'show', id, '--op', 'deprovision');
  expect(shown.out).toMatch(
    /- deprovision +kim@example\.com +4712 .*\n {6}asked for directly by \S+ .*left\n {6}accounts: 0 owned; contacts: /,
  );
});

it('says of what nothing brings back who asked, why, what goes with it, and until when; before and after approval', async () => {
  await bridge.api.observe([account('4712', { values: { userName: 'kim@example.com' } })]);
  const call = as(bridge.api.app, await bridge.api.token());
  const path = '/drift/operations/gdpr-delete?reason=asked%20by%20letter';
  const { plan: id } = (await call.post(path).send({ email: 'ann@example.org' })).body as { plan: string };
  const shown = await bridge.run('plan', 'show', id);
  expect(shown.out).toMatch(
    /- erase +ann@example\.org +- +waiting for an approval +every contact with ann@example\.org, with all conversations; never taken back\n {6}\S.*asked by letter/,
  );
  // 24 hours for the plan, and 4 for what nothing brings back.
  expect(shown.out).toContain('may be approved until 2026-03-03T09:');
  expect(shown.out).toMatch(/What cannot be taken back may be approved until 2026-03-02T13:0\d/);
  const [, hash = ''] = /^hash (\S+)$/m.exec(shown.out) ?? [];
  const approved = await bridge.run('plan', 'approve', id, '--hash', hash);
  expect(approved.code).toBe(0);
  expect(approved.out).toMatch(
    /Approved, and never taken back\n.*\n {2}- erase +ann@example\.org .*never taken back\n {6}\S.*asked by letter\n$/,
  );
});
