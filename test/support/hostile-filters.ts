import { FILTER_LIMITS, type Filter } from '../../src/core/query.ts';
import type { ResourceType } from '../../src/flows/scim-port.ts';
import { filterable, generateFilter } from './generated-filters.ts';
import { PROTOTYPE_NAMES, TEXTS, UNITS } from './scim-texts.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface FilterInput {
  readonly kind: FilterKind;
  readonly type: ResourceType;
  readonly text: string;
  /** As in a search over all types: a name that the schema lacks has no value. */
  readonly lenient: boolean;
  /** What it means, where that is known; `refused`: it must not be taken. */
  readonly expected?: Filter | 'refused';
}

export type FilterKind = keyof typeof KINDS;

type Making = Omit<FilterInput, 'kind' | 'type' | 'lenient'> & Partial<Pick<FilterInput, 'lenient'>>;

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const KINDS = {
  valid: (random: SeededRandom, type: ResourceType): Making => {
    const { text, filter } = generateFilter(random, type);
    return text.length <= FILTER_LIMITS.length ? { text, expected: filter, lenient: random.chance(0.1) } : { text };
  },
  mutatedTokens: (random: SeededRandom, type: ResourceType): Making => ({
    text: mutate(random, wordsOf(generateFilter(random, type).text), TOKENS).join(''),
    lenient: random.chance(0.1),
  }),
  mutatedUnits: (random: SeededRandom, type: ResourceType): Making => ({
    text: mutate(random, generateFilter(random, type).text.split(''), UNITS).join(''),
  }),
  tokens: (random: SeededRandom): Making => ({
    text: Array.from({ length: random.below(40) }, () => random.pick(TOKENS)).join(random.pick(['', ' '])),
    lenient: random.chance(0.1),
  }),
  unicode: (random: SeededRandom): Making => {
    const noise = Array.from({ length: random.below(60) }, () => unit(random)).join('');
    return {
      text: random.pick([noise, `title eq "${noise}"`, `title co "${noise}`, `${noise} pr`, `title eq ${noise}`]),
    };
  },
  prototypes: (random: SeededRandom): Making => {
    const name = random.pick(PROTOTYPE_NAMES);
    const text = random.pick([
      `${name} pr`,
      `${name} eq "x"`,
      `not (${name} ne "x")`,
      `emails[${name} eq "x"]`,
      `${name}[type eq "work"]`,
      `emails[type eq "work"].${name} eq "x"`,
      `title pr or ${name} pr`,
    ]);
    return { text, expected: 'refused' };
  },
  prototypesLenient: (random: SeededRandom): Making => ({
    text: `${random.pick(PROTOTYPE_NAMES)} ${random.pick(['pr', 'eq "x"', 'ne "x"', 'eq null', 'co "a"', 'gt 5'])}`,
    lenient: true,
  }),
  pathological: (random: SeededRandom): Making => {
    const room = FILTER_LIMITS.length - 1 + random.below(3);
    const [before, middle, after] = random.pick(REPEATED);
    const times = Math.max(0, Math.floor((room - before.length - after.length) / middle.length));
    return { text: before + middle.repeat(random.chance(0.8) ? times : random.below(times + 1)) + after };
  },
  longValues: (random: SeededRandom): Making => {
    // Texts that a search for a part finds almost everywhere, and nowhere.
    const stem = random.pick(['a', 'ab', 'aab', '測', 'İ', '\ufb2c', '%', '_', '\\', '😀']);
    const half = stem.repeat(random.below(Math.floor(4050 / JSON.stringify(stem).slice(1, -1).length)));
    const text = JSON.stringify(random.pick([half, `${half}${half}b`, `b${half}${half}`, `${half}b${half}`]));
    const name = random.pick(['nickName', 'title', 'displayName', 'emails.value', 'externalId']);
    return { text: `${name} ${random.pick(['co', 'sw', 'ew', 'eq', 'ne', 'gt'])} ${text}` };
  },
  longNames: (random: SeededRandom): Making => {
    const long = random.pick(['a', 'emails.', 'urn:', '.', '$', '__proto__.']).repeat(1 + random.below(900));
    const name = random.pick([long, `emails.${long}`, `${ENTERPRISE}:${long}`, `urn:${long}:User:userName`]);
    return { text: `${name} ${random.pick(['pr', 'eq "x"', 'eq null'])}`, lenient: random.chance(0.2) };
  },
  depth: (random: SeededRandom): Making => {
    const open = random.pick(['(', 'not (', '((', 'emails[', '( not(']);
    const depth = random.pick([1, 9, 10, 19, 20, 21, 40, 400]);
    const close = open.endsWith('[') ? ']' : ')'.repeat(open.split('(').length - 1);
    return { text: `${open.repeat(depth)}title pr${close.repeat(depth + random.pick([-1, 0, 0, 0, 1]))}` };
  },
  clauses: (random: SeededRandom): Making => {
    const count = random.pick([49, 50, 51, 400]);
    const each = random.pick(['title pr', '(title pr or nickName pr)', 'emails[type eq "a"]', 'meta pr', 'id eq "x"']);
    return { text: Array.from({ length: count }, () => each).join(random.pick([' and ', ' or '])) };
  },
  urns: (random: SeededRandom, type: ResourceType): Making => {
    const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
    const urn = random.pick([
      core,
      ENTERPRISE,
      'urn:ietf:params:scim:schemas:extension:drift:2.0:User',
      'urn:x',
      'http:x',
    ]);
    const place = random.pick(filterable(type));
    const name = random.pick([
      place.attribute.name,
      '',
      ':',
      'userName',
      'manager.value',
      'manager[value pr]',
      '.value',
    ]);
    return { text: `${urn}${random.pick([':', '.', '::', ''])}${name} ${random.pick(['pr', 'eq "x"', 'eq 5'])}` };
  },
  entra: (random: SeededRandom): Making => {
    const value = JSON.stringify(random.pick(TEXTS));
    const after = random.pick([
      '.value',
      '.display',
      '.type',
      '.nothing',
      'value',
      '..value',
      '.value.value',
      '.__proto__',
    ]);
    const outer = random.pick(['emails', 'phoneNumbers', 'addresses', 'roles', 'name', 'userName', 'members', 'meta']);
    const within = random.pick([`type eq ${value}`, 'primary eq "True"', `not (type eq ${value})`, 'type pr', '']);
    return { text: `${outer}[${within}]${after} ${random.pick(['eq', 'co', 'pr', ''])} ${value}` };
  },
  numbers: (random: SeededRandom): Making => ({
    text: `${random.pick(OWNED)} ${random.pick(['eq', 'gt', 'ge', 'lt', 'le', 'ne', 'co'])} ${random.pick(NUMERALS)}`,
  }),
  dates: (random: SeededRandom): Making => ({
    text: `${random.pick(['meta.created', 'meta.lastModified'])} ${random.pick(['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'co', 'sw'])} "${random.pick(DATES)}${random.pick(ZONES)}"`,
  }),
} as const;

const OWNED = ['ownedContacts', 'ownedAccounts'].map(
  (name) => `urn:ietf:params:scim:schemas:extension:drift:2.0:User:${name}`,
);

const NUMERALS: readonly string[] = [
  '0', '-0', '5', '"5"', '00012', '+5', '.5', '5.', '1e308', '1e309', '-1e309', '1e-400', '9007199254740993', '1e5e5', '--5', '-', '.', 'e', 'NaN',
  'Infinity', '0x10', '1_000', '٣', '5\u0000', '" 5"', '""', 'true', '9'.repeat(400), `0.${'0'.repeat(400)}1`,
]; // prettier-ignore

const DATES: readonly string[] = [
  '2026-01-02T03:04:05', '2026-01-02T03:04:05.006', '2026-02-30T00:00:00', '2024-02-29T24:00:00', '0000-01-01T00:00:00', '9999-12-31T23:59:59.999',
  '2026-13-01T00:00:00', '2026-01-02T03:04:60', '2026-01-02 03:04:05', '2026-01-02', '+012026-01-02T03:04:05', '-000001-01-01T00:00:00', '20260102T030405',
  'yesterday', '', '1767323045', '2026-01-02T03:04:05.006006006006', '2026-01-02t03:04:05',
]; // prettier-ignore

const ZONES: readonly string[] = [
  'Z', 'z', '', '+00:00', '-00:00', '+14:00', '-12:00', '+23:59', '-23:59', '+24:00', '+0100', '+01', ' EST', ' (x)', 'ZZ', '+99:99', '\\u0000',
]; // prettier-ignore

const TOKENS: readonly string[] = [
  ' ', ' ', ' and ', ' or ', 'not ', 'not(', '(', ')', '[', ']', '"', '"x"', '"a%b"', '"\\u0041"', '"\\ud800"', '\\', 'eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge',
  'lt', 'le', 'pr', ' eq "ann" ', ' pr ', 'userName', 'emails', 'emails[', '.value', 'name.familyName', 'active', 'meta.created', 'groups', 'members', 'id',
  `${ENTERPRISE}:manager`, 'true', 'False', 'null', '5', '-1e9', '__proto__', 'constructor', '\u0000', '\ud83d', '\u00a0', 'password',
]; // prettier-ignore

/** Before, what is repeated up to the cap, and after. */
const REPEATED: readonly (readonly [string, string, string])[] = [
  ['', '(', ''],
  ['', ')', ''],
  ['', '[', ''],
  ['', 'not(', ''],
  ['', 'not (', 'title pr'],
  ['', 'emails[', ''],
  ['', 'emails[type eq "work" and ', ''],
  ['', '"', ''],
  ['', '\\', ''],
  ['title eq "', '\\', ''],
  ['title eq "', '\\', '"'],
  ['title eq "', '\\\\', '"'],
  ['title eq "', '\\"', '"'],
  ['title eq "', '\\u0041', '"'],
  ['title eq "', '\\u0000', '"'],
  ['title eq "', '\\ud83d\\ude00', '"'],
  ['title eq "', '\\ud83d', '"'],
  ['title co "', '\u{1d160}', '"'],
  ['title co "', 'a', '"'],
  ['nickName ew "', 'a', 'b"'],
  ['displayName co "', 'ab', 'a"'],
  ['title eq ', '9', ''],
  ['title eq ', '-', ''],
  ['', ' ', ''],
  ['title', ' ', 'pr'],
  ['', '\t\r\n', 'title pr'],
  ['', 'a', ' pr'],
  ['', '.', ' pr'],
  ['', 'title pr or ', 'title pr'],
  ['', 'title pr and ', 'title pr'],
  ['title pr', ' or title', ' pr'],
  ['', '()', ''],
  ['', '[]', ''],
  ['', '""', ''],
  ['', 'a[', ''],
  ['', '\u0000', ''],
  ['', '\ud800', ''],
  ['meta.created gt "', '2026-01-02T03:04:05Z', '"'],
];

/** How often each kind comes, of a hundred. */
const SHARES: readonly (readonly [FilterKind, number])[] = [
  ['valid', 30],
  ['mutatedTokens', 15],
  ['mutatedUnits', 14],
  ['tokens', 7],
  ['unicode', 6],
  ['prototypes', 4],
  ['prototypesLenient', 2],
  ['pathological', 4],
  ['longValues', 2],
  ['longNames', 2],
  ['depth', 2],
  ['clauses', 1],
  ['urns', 3],
  ['entra', 4],
  ['numbers', 2],
  ['dates', 2],
];

const TICKETS = SHARES.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));

export function generateFilterInput(random: SeededRandom): FilterInput {
  const kind = random.pick(TICKETS);
  const type: ResourceType = random.chance(0.8) ? 'User' : 'Group';
  return { lenient: false, ...KINDS[kind](random, type), kind, type };
}

/** Deletes, doubles, swaps or inserts some of the parts. */
export function mutate<T>(random: SeededRandom, parts: readonly T[], others: readonly T[]): readonly T[] {
  const result = [...parts];
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const at = random.below(result.length + 1);
    const [here] = result.slice(at, at + 1);
    switch (random.below(5)) {
      case 0:
        result.splice(at, 1 + random.below(3));
        break;
      case 1:
        if (here !== undefined) result.splice(at, 0, ...Array.from({ length: 1 + random.below(4) }, () => here));
        break;
      case 2: {
        const to = random.below(result.length);
        const [there] = result.slice(to, to + 1);
        if (here !== undefined && there !== undefined) {
          result[at] = there;
          result[to] = here;
        }
        break;
      }
      case 3:
        result.splice(at, 0, random.pick(others));
        break;
      default:
        result.splice(at, 1, random.pick(others));
    }
  }
  return result;
}

/** Words, blanks and brackets of a filter or path, with nothing lost. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/([\s()[\]"]|(?=\.))/).filter((word) => word !== '');
}

function unit(random: SeededRandom): string {
  return random.chance(0.8) ? random.pick(UNITS) : String.fromCharCode(random.below(0x1_0000));
}
