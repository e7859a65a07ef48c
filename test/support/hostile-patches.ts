import type { ResourceType } from '../../src/flows/scim-port.ts';
import type { Attribute } from '../../src/scim/attribute.ts';
import { isKept } from '../../src/scim/document.ts';
import { GROUP, type Place, USER } from '../../src/scim/schema.ts';
import { filterable, generateFilter } from './generated-filters.ts';
import { generateDocument } from './generated-resources.ts';
import { generateFilterInput, mutate, wordsOf } from './hostile-filters.ts';
import { PROTOTYPE_NAMES, TEXTS, UNITS } from './scim-texts.ts';
import type { SeededRandom } from './seeded-random.ts';

type Json = Record<string, unknown>;

export interface PatchInput {
  readonly kind: PatchKind;
  readonly type: ResourceType;
  /** Which of the documents it is applied to. */
  readonly document: number;
  readonly body: unknown;
  readonly expected?: 'taken' | 'refused';
  /** Done twice it is as if done once (RFC 7644 3.5.2.1, 3.5.2.3: the target has the value already). */
  readonly idempotent?: boolean;
  /** What then stands at a path. */
  readonly sets?: { readonly path: Place['path']; readonly value: unknown };
}

export type PatchKind = keyof typeof KINDS;

type Making = Pick<PatchInput, 'body' | 'expected' | 'idempotent' | 'sets'>;

const SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

function message(...operations: readonly unknown[]): Json {
  return { schemas: [SCHEMA], Operations: operations };
}

const KINDS = {
  /** One operation that every service must take. */
  validOne: (random: SeededRandom, type: ResourceType): Making => {
    const { operation, place, value } = plainOperation(random, type);
    const isSimple = place.attribute.type !== 'complex' && !place.attribute.multiValued && place.parent === undefined;
    return {
      body: message(operation),
      expected: 'taken',
      idempotent: true,
      ...(isSimple ? { sets: { path: place.path, value } } : {}),
    };
  },
  validSeveral: (random: SeededRandom, type: ResourceType): Making => ({
    body: message(...Array.from({ length: 1 + random.below(6) }, () => validOperation(random, type))),
    expected: 'taken',
  }),
  validPathless: (random: SeededRandom, type: ResourceType): Making => ({
    body: message({ op: op(random), value: pathlessValue(random, type) }),
    expected: 'taken',
    idempotent: true,
  }),
  mutatedPath: (random: SeededRandom, type: ResourceType): Making => {
    const operation = validOperation(random, type);
    const path = String(operation['path']);
    const parts = random.chance(0.5)
      ? mutate(random, wordsOf(path), [
          '[',
          ']',
          '"',
          '.',
          ' eq ',
          'value',
          'type',
          '(',
          'not ',
          '\\',
          '"x"',
          ' and ',
          '__proto__',
        ])
      : mutate(random, path.split(''), UNITS);
    return { body: message({ ...operation, path: parts.join('') }) };
  },
  mutatedValue: (random: SeededRandom, type: ResourceType): Making => {
    const operation = validOperation(random, type);
    return { body: message({ ...operation, value: disturbed(random, operation['value'], 0) }) };
  },
  anyPath: (random: SeededRandom, type: ResourceType): Making => ({
    body: message({ op: anyOp(random), path: anyPath(random, type), value: anyValue(random, type) }),
  }),
  removals: (random: SeededRandom, type: ResourceType): Making => {
    const path = random.chance(0.5) ? String(validOperation(random, type)['path']) : anyPath(random, type);
    const value = random.chance(0.4) ? { value: anyValue(random, type) } : {};
    return { body: message({ op: random.pick(['remove', 'Remove']), path, ...value }) };
  },
  prototypePaths: (random: SeededRandom, type: ResourceType): Making => {
    const name = random.pick(PROTOTYPE_NAMES);
    const path = random.pick([
      name,
      `emails[type eq "work"].${name}`,
      `emails[${name} eq "x"]`,
      `${name}[value eq "x"]`,
    ]);
    // To a group, a name in a URN of users is one of somebody else's extension, and passed over.
    const isForeign = type === 'Group' && name.startsWith('urn:');
    return {
      body: message({ op: op(random), path, value: anyValue(random, type) }),
      ...(isForeign ? {} : { expected: 'refused' }),
    };
  },
  prototypeKeys: (random: SeededRandom, type: ResourceType): Making => ({
    body: message({
      op: op(random),
      ...(random.chance(0.5) ? {} : { path: random.pick(['name', 'emails', ENTERPRISE, 'meta', 'members']) }),
      value: hostileObject(random, type, 0),
    }),
  }),
  sequences: (random: SeededRandom, type: ResourceType): Making => ({
    body: message(
      ...Array.from({ length: 1 + random.below(8) }, () =>
        random.chance(0.7)
          ? validOperation(random, type)
          : { op: anyOp(random), path: anyPath(random, type), value: anyValue(random, type) },
      ),
    ),
  }),
  filterTexts: (random: SeededRandom, type: ResourceType): Making => {
    // Whatever is hostile as a filter is hostile between brackets, and as a path.
    const { text } = generateFilterInput(random);
    const path = random.pick([text, `emails[${text}]`, `emails[${text}].value`, `members[${text}]`]);
    return { body: message({ op: anyOp(random), path, value: anyValue(random, type) }) };
  },
  messages: (random: SeededRandom, type: ResourceType): Making => {
    const operation = validOperation(random, type);
    return {
      body: random.pick<unknown>([
        null, [], 'x', 7, {}, operation, { schemas: [SCHEMA] }, { Operations: [operation] }, { schemas: SCHEMA, Operations: [operation] },
        { schemas: [SCHEMA], Operations: operation }, message(), message(null), message([operation]), message({ ...operation, op: null }),
        message({ ...operation, OP: 'add' }), message({ ...operation, path: 7 }), message({ ...operation, path: ['title'] }), message({ op: 'add' }),
        { schemas: [SCHEMA.toUpperCase()], operations: [operation] }, { ...message(operation), OPERATIONS: [] },
        message(...Array.from({ length: 99 + random.below(3) }, () => operation)), hostileObject(random, type, 0),
      ]),
    }; // prettier-ignore
  },
} as const;

const SHARES: readonly (readonly [PatchKind, number])[] = [
  ['validOne', 16],
  ['validSeveral', 14],
  ['validPathless', 10],
  ['mutatedPath', 12],
  ['mutatedValue', 10],
  ['anyPath', 8],
  ['removals', 6],
  ['prototypePaths', 5],
  ['prototypeKeys', 6],
  ['sequences', 5],
  ['filterTexts', 6],
  ['messages', 2],
];

const TICKETS = SHARES.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));

export function generatePatchInput(random: SeededRandom): PatchInput {
  const kind = random.pick(TICKETS);
  const type: ResourceType = random.chance(0.8) ? 'User' : 'Group';
  return { ...KINDS[kind](random, type), kind, type, document: random.below(1000) };
}

function op(random: SeededRandom): string {
  return random.pick(['add', 'Add', 'replace', 'Replace', 'REPLACE']);
}

function anyOp(random: SeededRandom): unknown {
  return random.chance(0.9)
    ? random.pick(['add', 'replace', 'remove'])
    : random.pick(['', 'move', '__proto__', 7, null]);
}

/** What a client may write: attributes and sub-attributes, once each. */
function writable(type: ResourceType): readonly Place[] {
  return filterable(type).filter(
    ({ attribute, parent }) =>
      attribute.mutability !== 'readOnly' && parent?.mutability !== 'readOnly' && isKept(parent ?? attribute),
  );
}

/** `add` or `replace` of an attribute or a sub-attribute, with a value that is right for it. */
function plainOperation(random: SeededRandom, type: ResourceType) {
  const place = random.pick(writable(type));
  const value = valueFor(random, type, place);
  return { place, value, operation: { op: op(random), path: written(random, place.path), value } };
}

function validOperation(random: SeededRandom, type: ResourceType): Json {
  if (type === 'Group' && random.chance(0.4)) {
    const members = Array.from({ length: random.below(4) }, () => ({
      value: `u${String(random.below(60)).padStart(4, '0')}`,
    }));
    return { op: random.pick(['add', 'replace']), path: 'members', value: members };
  }
  const lists = writable(type).filter(({ attribute }) => attribute.multiValued);
  if (lists.length === 0 || random.chance(0.6)) return plainOperation(random, type).operation;
  // An element by a filter of plain equality, which is made where there is none.
  const place = random.pick(lists);
  const path = `${written(random, place.path)}[type eq ${JSON.stringify(random.pick(['work', 'home', 'ann', 'Zoë']))}]`;
  const sub = random.pick(place.attribute.subAttributes.filter(({ name }) => name !== 'type' && name !== 'primary'));
  return random.chance(0.7)
    ? { op: op(random), path: `${path}.${sub.name}`, value: single(random, sub) }
    : { op: op(random), path, value: { [sub.name]: single(random, sub) } };
}

function valueFor(random: SeededRandom, type: ResourceType, place: Place): unknown {
  const { attribute, parent } = place;
  if (attribute.name === 'userName') return `user ${random.below(1_000_000)} of ${random.pick(['a', 'B', 'Zoë'])}`;
  if (parent?.multiValued === true && attribute.name === 'primary') return false;
  if (attribute.type !== 'complex') return single(random, attribute);
  // One whose value is known to be right: of a document that has it.
  for (let serial = 0; ; serial += 1) {
    const document = generateDocument(random, type, serial);
    const container = place.path.schema === undefined ? document : document[place.path.schema];
    const value = (container as Json | undefined)?.[attribute.name];
    if (value !== undefined) return value;
  }
}

function single(random: SeededRandom, attribute: Attribute): unknown {
  return attribute.type === 'boolean' ? random.chance(0.5) : random.pick(TEXTS);
}

function written(random: SeededRandom, path: Place['path']): string {
  const name = path.sub === undefined ? path.attribute : `${path.attribute}.${path.sub}`;
  const text = path.schema === undefined ? name : `${path.schema}${random.chance(0.8) ? ':' : '.'}${name}`;
  return random.chance(0.8) ? text : random.pick([text.toUpperCase(), text.toLowerCase()]);
}

/** Some attributes of another document, as Okta and Entra send them: whole, dotted, by URN. */
function pathlessValue(random: SeededRandom, type: ResourceType): Json {
  const entries = Object.entries(generateDocument(random, type, random.below(1_000_000))).filter(
    ([name]) => name !== 'userName' && random.chance(0.5),
  );
  const flat = entries.flatMap(([name, value]): [string, unknown][] =>
    name.startsWith('urn:') && random.chance(0.5)
      ? Object.entries(value as Json).map(([inner, each]) => [`${name}:${inner}`, each])
      : [[name, value]],
  );
  const strange: Json = random.chance(0.3) ? { mailNickname: 'x', 'urn:x:acme:User': { badge: 1 } } : {};
  return { ...Object.fromEntries(flat), ...strange };
}

function anyPath(random: SeededRandom, type: ResourceType): string {
  const place = random.pick(filterable(type));
  const name = written(random, place.path);
  return random.pick([
    name,
    `${name}[${generateFilter(random, type, 2).text}]`,
    `${name}[type eq "work"]`,
    `${name}[value eq ${JSON.stringify(random.pick(TEXTS))}].value`,
    `${name}.value`,
    `${name}.`,
    random.pick(PROTOTYPE_NAMES),
    ENTERPRISE,
    'urn:ietf:params:scim:schemas:core:2.0:User',
    'urn:ietf:params:scim:schemas:extension:drift:2.0:User',
    'urn:x:y:z',
    'password',
    '',
    ' ',
  ]);
}

function anyValue(random: SeededRandom, type: ResourceType, depth = 0): unknown {
  const many = depth > 3 ? 7 : 11;
  switch (random.below(many)) {
    case 0:
      return null;
    case 1:
      return random.pick(TEXTS);
    case 2:
      return random.pick<unknown>([true, false, 'True', 'False', 'yes', '']);
    case 3:
      return random.pick([0, -0, 1, 0.5, 1e308, Number.MAX_SAFE_INTEGER, 2 ** 60]);
    case 4:
      return random.pick(['\u0000', '\ud800', 'x'.repeat(65_537), 'x'.repeat(65_536), '\u212a', '\ufeff', '\u202e']);
    case 5:
      return [];
    case 6:
      return {};
    case 7:
      return Array.from({ length: random.below(4) }, () => anyValue(random, type, depth + 1));
    case 8:
      return nested(random.pick([2, 10, 30]), random.chance(0.5), random.pick<unknown>(['x', null, { value: 'x' }]));
    case 9:
      return {
        value: anyValue(random, type, depth + 1),
        type: random.pick<unknown>(['work', null, 7]),
        primary: random.chance(0.5),
      };
    default:
      return hostileObject(random, type, depth + 1);
  }
}

function nested(depth: number, isList: boolean, inside: unknown): unknown {
  let value = inside;
  for (let level = 0; level < depth; level += 1) value = isList ? [value] : { value };
  return value;
}

/** Own keys of every name, `__proto__` too: as JSON.parse makes them. */
function hostileObject(random: SeededRandom, type: ResourceType, depth: number): Json {
  const keys = Array.from({ length: 1 + random.below(4) }, () =>
    random.chance(0.5) ? random.pick(PROTOTYPE_NAMES) : anyPath(random, type),
  );
  const polluting = random.chance(0.5) ? { polluted: 1, constructor: { prototype: { polluted: 1 } } } : 'polluted';
  const parts = keys.map((key) => {
    const value = random.chance(0.4) ? polluting : anyValue(random, type, depth + 2);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return JSON.parse(`{${parts.join(',')}}`) as Json;
}

/** The value with one of its parts put in the place of something else. */
function disturbed(random: SeededRandom, value: unknown, depth: number): unknown {
  if (depth > 0 && random.chance(0.3)) return anyValue(random, 'User', 2);
  if (Array.isArray(value) && value.length > 0) {
    const at = random.below(value.length);
    return value.map((each: unknown, here) => (here === at ? disturbed(random, each, depth + 1) : each));
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    const chosen = keys.length === 0 ? '' : random.pick(keys);
    const entries = Object.entries(value).map(([key, each]): [string, unknown] => [
      key === chosen && random.chance(0.2) ? random.pick([...PROTOTYPE_NAMES, key.toUpperCase()]) : key,
      key === chosen ? disturbed(random, each, depth + 1) : each,
    ]);
    return Object.fromEntries(entries);
  }
  return anyValue(random, 'User', 2);
}

export function definitionFor(type: ResourceType): typeof USER {
  return type === 'User' ? USER : GROUP;
}
