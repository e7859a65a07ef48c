import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type CliBridge, cliBridge, runIn } from './bridge.ts';

let bridge: CliBridge;
beforeEach(async () => {
  bridge = await cliBridge();
});
afterEach(() => bridge.close());

it('a token is paused and resumed, and the list says how it stands', async () => {
  const { id } = JSON.parse(
    (await bridge.run('token', 'create', '--subject', 'robin', '--days', '20', '--json')).out,
  ) as {
    id: string;
  };
  const state = async (): Promise<string | undefined> =>
    (await bridge.run('token', 'list')).out.split('\n').find((line) => line.includes(id));
  expect(await state()).toMatch(/live, expires within 30 days$/);
  expect(await bridge.run('token', 'pause', id)).toMatchObject({ code: 0, out: `Token ${id} is paused.\n` });
  expect(await state()).toMatch(/paused, expires within 30 days$/);
  expect(JSON.parse((await bridge.run('token', 'resume', id, '--json')).out)).toMatchObject({ id, pausedAt: null });
  expect(await state()).toMatch(/live, expires within 30 days$/);
  const unknown = await bridge.run('token', 'pause', 'nobody');
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('No such live token')]);
});

it.each(['pause', 'resume'])('help of token %s has an example', async (verb) => {
  const { code, out } = await runIn({}, 'token', verb, '--help');
  expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`Example:\n {2}bridge token ${verb} `))]);
});
