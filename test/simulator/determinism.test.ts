import { expect, it } from '@jest/globals';

import { generateOrg } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { caller, handClock } from './calling.ts';
import { withReceiver } from './receiver.ts';

/** One fixed story, with faults on both sides. */
async function story(seed: number): Promise<unknown> {
  let told: unknown;
  await withReceiver(async (receiver) => {
    const settings = { webhookUrl: receiver.url, duplicateContact: 'upsert' } as const;
    const simulator = await startSimulator({ seed, settings, clock: handClock().now });
    try {
      simulator.seed(generateOrg({ seed, agents: 6, contacts: 10, accounts: 3 }));
      simulator.fault({ kind: 'status', probability: 0.3, seed });
      simulator.webhookFault({ kind: 'duplicate', probability: 0.5, seed });
      const call = caller(simulator);
      const answers = [];
      for (let n = 0; n < 12; n += 1) {
        const attributes = { email: `c${n % 4}@example.org`, city: `City ${n}` };
        answers.push((await call('POST', '/contacts', { attributes })).text);
        simulator.visit({ email: `v${n % 3}@example.org`, text: `Hello ${n}` });
        await simulator.webhooksSettled();
      }
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const body = { clientId, clientSecret, refreshToken, grantType: 'refresh_token' };
      simulator.clearFaults();
      answers.push((await call('POST', '/oauth2/token', body, { token: null })).text);
      const received = receiver.received.map(({ raw }) => raw);
      const { token } = simulator;
      told = { answers, received, token, journal: simulator.journal(), state: simulator.state() };
    } finally {
      await simulator.close();
    }
  });
  return told;
}

it('the same seed, calls and faults give the same answers, tokens, journal, state and webhooks', async () => {
  const first = await story(5);
  expect(await story(5)).toEqual(first);
  expect(await story(6)).not.toEqual(first);
});
