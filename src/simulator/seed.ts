import type { SeedAccount, SeedContact, SeedData, SeedUser } from './seed-schema.ts';
import { createRandom } from './strikes.ts';

export interface GenerateOptions {
  /** The same seed gives the same organisation. */
  readonly seed: number;
  /** How many people have a seat (the OWNER among them), or exactly who. */
  readonly agents: number | readonly SeedUser[];
  readonly contacts: number;
  readonly accounts: number;
  /** Mail domain of generated agents; default example.com. */
  readonly domain?: string;
}

const FIRST =
  'Adela Aino Amara Anselm Beatriz Bodil Caspar Chidi Dagny Dario Edda Emeka Fenna Florin Gianni Greta Hanno Hiroko Ilse Imani Jonas Jorunn Kalle Kiran Leila Ludo Maren Milo Nadia Nils Odile Oskar Petra Priya Quentin Ragna Rohan Saskia Selma Tariq Tilda Ulrik Umar Vera Viggo Wanda Willem Xenia Yara Zoltan'.split(
    ' ',
  );
const LAST =
  'Aldersea Barnwell Castellan Dunmore Eastbrook Fairholm Greywater Hollins Ivarsen Juniper Kestrel Larkmoor Marlowe Northgate Oakhurst Penhale Quillon Ravensby Sundholm Thornley Underhill Vandermeer Westerby Yarrowby Zellweger'.split(
    ' ',
  );
const COMPANY_FIRST =
  'Amber Birch Copper Delta Ember Fjord Granite Harbor Indigo Juniper Krill Lumen Maple Nimbus Onyx Prairie Quartz River Silver Tundra Umber Violet Willow Yellow Zephyr'.split(
    ' ',
  );
const COMPANY_LAST =
  'Analytics Bakery Cargo Dynamics Energy Foods Garden Health Insurance Labs Logistics Marine Media Mobility Optics Paper Robotics Security Software Textiles Tools Travel Water Works'.split(
    ' ',
  );

/** An invented organisation: one OWNER, one bot, agents, accounts and contacts whose ownership is as uneven as in life. */
export function generateOrg(options: GenerateOptions): SeedData {
  const { seed, domain = 'example.com' } = options;
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new RangeError('nothing to choose from');
    return chosen;
  };
  const people = withOwner(typeof options.agents === 'number' ? agents(options.agents, domain, pick) : options.agents);
  const bot: SeedUser = { email: `bot-${128_000 + (seed % 1000)}@drift.com`, name: 'Drift Bot', bot: true };
  const living = people.filter((agent) => agent.deleted !== true && agent.bot !== true);
  // The first agents own many, the last ones few or none.
  const owner = (): string => living[Math.floor(living.length * random() ** 2.5)]?.email ?? '';
  const accounts = Array.from({ length: options.accounts }, (_, index): SeedAccount => company(index, owner()));
  return {
    users: [...people, bot],
    accounts,
    contacts: Array.from({ length: options.contacts }, (_, index) => contact(index, accounts, owner, random, pick)),
    attributes: [
      { name: 'lifecycle_stage', displayName: 'Lifecycle stage', type: 'STRING' },
      { name: 'owner_email', displayName: 'Owner e-mail', type: 'STRING' },
    ],
  };
}

function agents(count: number, domain: string, pick: <T>(list: readonly T[]) => T): readonly SeedUser[] {
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const givenName = pick(FIRST);
    const familyName = pick(LAST);
    const plain = `${givenName}.${familyName}`.toLowerCase();
    const local = taken.has(plain) ? `${plain}.${index}` : plain;
    taken.add(local);
    const role = index === 0 ? 'OWNER' : index % 9 === 1 ? 'ADMIN' : 'MEMBER';
    return { email: `${local}@${domain}`, name: `${givenName} ${familyName}`, givenName, familyName, role };
  });
}

/** Every organisation has an OWNER; where the caller names none, one is added. */
function withOwner(people: readonly SeedUser[]): readonly SeedUser[] {
  if (people.some((person) => person.role === 'OWNER' && person.deleted !== true)) return people;
  return [{ email: 'drift.owner@example.com', name: 'Orla Founder', role: 'OWNER' }, ...people];
}

function company(index: number, ownerEmail: string): SeedAccount {
  const first = COMPANY_FIRST[index % COMPANY_FIRST.length] ?? '';
  const last = COMPANY_LAST[Math.floor(index / COMPANY_FIRST.length) % COMPANY_LAST.length] ?? '';
  const round = Math.floor(index / (COMPANY_FIRST.length * COMPANY_LAST.length));
  const label = `${first}-${last}${round === 0 ? '' : `-${round + 1}`}`.toLowerCase();
  return { domain: `${label}.example.org`, name: `${first} ${last}`, ownerEmail, targeted: index % 5 === 0 };
}

function contact(
  index: number,
  accounts: readonly SeedAccount[],
  owner: () => string,
  random: () => number,
  pick: <T>(list: readonly T[]) => T,
): SeedContact {
  const first = pick(FIRST);
  const last = pick(LAST);
  const employer = random() < 0.8 && accounts.length > 0 ? pick(accounts) : undefined;
  const attributes = {
    email: `${first}.${last}.${index + 1}@${employer?.domain ?? 'example.net'}`.toLowerCase(),
    name: `${first} ${last}`,
    first_name: first,
    last_name: last,
    ...(employer?.name !== undefined && { employment_name: employer.name }),
    ...(random() < 0.6 && { externalId: `crm-${String(index + 1).padStart(6, '0')}` }),
    ...(random() < 0.5 && { lifecycle_stage: pick(['lead', 'customer', 'churned']) }),
  };
  const roll = random();
  if (roll < 0.04) return { attributes };
  // Often the account's owner has the contacts too.
  return { attributes, ownerEmail: roll < 0.6 && employer !== undefined ? employer.ownerEmail : owner() };
}
