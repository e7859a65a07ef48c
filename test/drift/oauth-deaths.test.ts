import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { GRANT, oauthWorld, type OAuthWorld } from './oauth-world.ts';
import { type Answering, json, type RecordingServer, startRecording } from './recording-server.ts';

const HOUR = 3_600_000;
/** Seconds that an access token lives. */
let life = 7200;
const renewing: Answering = (call, response, nth) =>
  json(200, { access_token: `access-token-${nth}`, refresh_token: `refresh-token-${nth}`, expires_in: life })(
    call,
    response,
    nth,
  );
const no = json(400, { error: { type: 'validation_error', message: 'the refresh token is invalid' } });

describe('a grant that is good', () => {
  let server: RecordingServer;
  let world: OAuthWorld;
  beforeEach(async () => {
    life = 7200;
    server = await startRecording(renewing);
    world = oauthWorld(server.url);
  });
  afterEach(async () => {
    await world.close();
    await server.close();
  });

  /** A process whose first bearer was refused: it has another since. */
  async function renewedOnce(owner: string, of = world) {
    const credentials = of.process(owner);
    expect(await credentials.refused('rest', await credentials.bearer('rest'))).toBe(true);
    expect(await credentials.bearer('rest')).toBe('access-token-2');
    return credentials;
  }

  it('is not dead where another process has renewed it since', async () => {
    const one = await renewedOnce('a');
    const two = world.process('b');
    expect(await two.refused('rest', await two.bearer('rest'))).toBe(true);
    expect(await one.refused('rest', 'access-token-2')).toBe(true);
    expect(world.deaths).toEqual([]);
    expect(await one.bearer('rest')).toBe('access-token-3');
    expect(world.posted).toHaveLength(3);
  });

  it('is not dead while another process is renewing it, which has ended the bearer already', async () => {
    const real = oauthWorld(server.url, { real: true });
    const one = await renewedOnce('a', real);
    const two = real.process('b');
    const bearer = await two.bearer('rest');
    server.answer = (call, response, nth) => void setTimeout(() => renewing(call, response, nth), 300);
    const others = two.refused('rest', bearer);
    while (real.posted.length < 3) await pause(5);
    expect(await Promise.all([one.refused('rest', bearer), others])).toEqual([true, true]);
    expect(real.deaths).toEqual([]);
    expect(await one.bearer('rest')).toBe('access-token-3');
    await real.close();
  });

  it('is not dead while this process is renewing it itself', async () => {
    life = 30;
    const one = await renewedOnce('a');
    world.advance(28_000);
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    server.answer = (call, response, nth) => void held.then(() => renewing(call, response, nth));
    const next = one.bearer('rest');
    while (world.posted.length < 3) await pause(5);
    const refused = one.refused('rest', 'access-token-2');
    go();
    expect(await Promise.all([next, refused])).toEqual(['access-token-3', true]);
    expect(world.deaths).toEqual([]);
  });

  it.each([
    [59_999, false, ['rest']],
    [60_000, true, []],
    [-1, true, []],
    [-3 * HOUR, true, []],
  ])('whose next bearer is refused %d ms later has another: %s', async (ms, goesOn, deaths) => {
    const one = await renewedOnce('a');
    world.advance(ms);
    expect(await one.refused('rest', 'access-token-2')).toBe(goesOn);
    expect(world.deaths).toEqual(deaths);
    if (ms >= 0) return;
    // A clock that was set back puts the proof off; it does not take it away.
    expect(await one.refused('rest', 'access-token-3')).toBe(false);
    expect(world.deaths).toEqual(['rest']);
  });

  it('is renewed again after a renewal that failed, also where the clock was set back since', async () => {
    const one = world.process('a');
    const bearer = await one.bearer('rest');
    server.answer = json(503, {});
    await expect(one.refused('rest', bearer)).rejects.toMatchObject({ code: 'drift.unreachable' });
    server.answer = renewing;
    world.advance(4_000);
    await expect(one.refused('rest', bearer)).rejects.toMatchObject({ code: 'drift.unreachable' });
    world.advance(-HOUR);
    expect(await one.refused('rest', bearer)).toBe(true);
  });

  it('is not dead where its token is refused because another process has it in its hands', async () => {
    const { vault } = world;
    const read = vault.read.bind(vault);
    let looks = 0;
    server.answer = (call, response, nth) => {
      const answer = () => no(call, response, nth);
      if (nth === 1) {
        answer();
        return;
      }
      // Another process has taken the lease over, and has spent the token; it stores what it got a moment later.
      void read()
        .then((held) =>
          vault.swap(held?.revision ?? '', { ...GRANT, lease: { by: 'b', until: '2030-01-01T02:00:00.000Z' } }),
        )
        .then(answer);
      vault.read = async () => {
        looks += 1;
        const access = { token: 'access-token-9', renewAt: null, endsAt: null };
        if (looks === 3) vault.grant = { ...GRANT, refreshToken: 'refresh-token-9', access, lease: null };
        return read();
      };
    };
    expect(await world.process('a').bearer('rest')).toBe('access-token-9');
    expect(world.deaths).toEqual([]);
    expect(world.posted).toHaveLength(2);
  });
});
