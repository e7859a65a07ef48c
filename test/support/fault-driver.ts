import type { AcceptScim } from '../../src/flows/accept-scim.ts';
import type { Principal } from '../../src/flows/principal.ts';
import type { StoredResource } from '../../src/flows/scim-port.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { SeededRandom } from './seeded-random.ts';

/** So many agents own something and leave. */
export const LEAVERS = 3;
const STAYING = 4;

/** What is to be true of one person when everything has come to rest. */
export interface Wanted {
  userName: string;
  displayName: string;
  leaves: boolean;
}

/** The organisation and its identity provider, as far as a round needs them. */
export function createDriver(
  simulator: Simulator,
  accept: AcceptScim,
  principal: Principal,
  random: SeededRandom,
): {
  /** Agents that are there, with what they own, and people who join. */
  seed(joiners: number): Promise<void>;
  /** Some get another name, some another address. */
  change(): Promise<void>;
  /** Those who own something leave. */
  leave(): Promise<void>;
  wanted(): readonly Wanted[];
} {
  const people: { readonly wanted: Wanted; readonly user: StoredResource }[] = [];

  async function add(userName: string, displayName: string): Promise<void> {
    const user = await accept.createUser(principal, {
      schemas: [],
      userName,
      displayName,
      active: true,
      emails: [{ value: userName, primary: true, type: 'work' }],
    });
    people.push({ wanted: { userName, displayName, leaves: false }, user });
  }

  async function say(user: StoredResource, what: Readonly<Record<string, unknown>>): Promise<void> {
    await accept.change(
      principal,
      'User',
      user.id,
      () => true,
      ({ doc }) => ({ doc: { ...doc, ...what } }),
    );
  }

  return {
    wanted: () => people.map(({ wanted }) => wanted),
    async seed(joiners) {
      const agents = Array.from({ length: LEAVERS + STAYING }, (_, n) => ({
        email: `agent${String(n)}@example.com`,
        name: `Agent ${String(n)}`,
      }));
      simulator.seed({
        users: [
          { email: 'owner@example.com', name: 'Olive Owner', role: 'OWNER' },
          { email: 'holding@example.com', name: 'Holding Agent' },
          ...agents,
        ],
        accounts: agents.flatMap(({ email }, n) =>
          [1, 2].map((m) => ({ domain: `c${String(n)}-${String(m)}.example.org`, ownerEmail: email })),
        ),
        contacts: agents.map(({ email }, n) => ({
          attributes: { email: `contact${String(n)}@example.org` },
          ownerEmail: email,
        })),
      });
      for (const { email, name } of agents) await add(email, name);
      for (let n = 0; n < joiners; n += 1) await add(`joiner${String(n)}@example.com`, `Joiner ${String(n)}`);
    },
    async change() {
      for (const [index, { wanted, user }] of people.entries()) {
        // Those who leave later keep their addresses, so that they are known by them.
        if (index < LEAVERS || !random.chance(0.5)) continue;
        if (random.chance(0.3)) {
          const userName = `renamed-${wanted.userName}`;
          await say(user, { userName, emails: [{ value: userName, primary: true, type: 'work' }] });
          wanted.userName = userName;
        } else {
          wanted.displayName = `${wanted.displayName} Changed`;
          await say(user, { displayName: wanted.displayName });
        }
      }
    },
    async leave() {
      for (const { wanted, user } of people.slice(0, LEAVERS)) {
        await say(user, { active: false });
        wanted.leaves = true;
      }
    },
  };
}
