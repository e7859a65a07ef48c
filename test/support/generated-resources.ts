import type { CreatedResource, Member, ProvisioningView, ResourceType, ScimStore } from '../../src/flows/scim-port.ts';
import type { Attribute } from '../../src/scim/attribute.ts';
import { isKept } from '../../src/scim/document.ts';
import { GROUP, type ResourceDefinition, USER } from '../../src/scim/schema.ts';
import { INSTANTS, NUMBERS, TEXTS } from './scim-texts.ts';
import type { SeededRandom } from './seeded-random.ts';

type Json = Record<string, unknown>;

/** A document as it is stored: every attribute of the schema is in some of them, with one value or several. */
export function generateDocument(random: SeededRandom, type: ResourceType, serial: number): Json {
  const definition = type === 'User' ? USER : GROUP;
  const document: Json = { ...values(random, definition.attributes.filter(isKept)) };
  const name = `${random.pick(TEXTS)}${serial}`;
  // Unique, and without letters that the service takes for others.
  if (type === 'User') document['userName'] = name.replaceAll('\u212a', 'k');
  if (type === 'User') document['active'] = random.chance(0.6);
  if (type === 'Group') document['displayName'] = random.pick(TEXTS);
  for (const extension of definition.extensions) {
    const writable = extension.attributes.filter(isKept);
    const part = values(random, writable);
    if (Object.keys(part).length > 0) document[extension.id] = part;
  }
  return inOrder(definition, document);
}

function values(random: SeededRandom, attributes: readonly Attribute[]): Json {
  return Object.fromEntries(
    attributes.flatMap((attribute): [string, unknown][] => {
      if (random.chance(0.6)) return [];
      const value = attribute.multiValued ? several(random, attribute) : single(random, attribute);
      return value === undefined ? [] : [[attribute.name, value]];
    }),
  );
}

function several(random: SeededRandom, attribute: Attribute): readonly unknown[] | undefined {
  const found = new Map<string, unknown>();
  let hasPrimary = false;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const value = single(random, attribute) as Json | undefined;
    // What is only a type is no value (RFC 7643 2.5).
    if (value === undefined || Object.keys(value).every((name) => name === 'type' || name === 'primary')) continue;
    if (value['primary'] === true && hasPrimary) value['primary'] = false;
    hasPrimary ||= value['primary'] === true;
    found.set(JSON.stringify(value), value);
  }
  return found.size === 0 ? undefined : [...found.values()];
}

function single(random: SeededRandom, attribute: Attribute): unknown {
  switch (attribute.type) {
    case 'boolean':
      return random.chance(0.5);
    case 'integer':
    case 'decimal':
      return random.pick(NUMBERS);
    case 'dateTime':
      return random.pick(INSTANTS);
    case 'complex': {
      const writable = attribute.subAttributes.filter((sub) => sub.mutability !== 'readOnly');
      const part = values(random, writable);
      return Object.keys(part).length === 0 ? undefined : part;
    }
    case 'string':
    case 'reference':
    case 'binary':
      return random.pick(TEXTS);
  }
}

function inOrder(definition: ResourceDefinition, document: Json): Json {
  const names = [...definition.attributes.map(({ name }) => name), ...definition.extensions.map(({ id }) => id)];
  return Object.fromEntries(names.flatMap((name) => (name in document ? [[name, document[name]]] : [])));
}

export function generateView(random: SeededRandom): ProvisioningView {
  return {
    ...(random.chance(0.5) ? { accountId: random.pick(TEXTS) } : {}),
    ...(random.chance(0.5) ? { situation: random.pick(TEXTS) } : {}),
    state: random.pick(['accepted', 'planned', 'verified', 'leaving']),
    since: random.pick(INSTANTS),
    ...(random.chance(0.5) ? { detail: random.pick(TEXTS) } : {}),
    ownedContacts: random.pick(NUMBERS),
    ownedAccounts: random.pick(NUMBERS),
  };
}

export interface Generated {
  readonly users: readonly CreatedResource[];
  readonly groups: readonly CreatedResource[];
  /** Ids of the members of each group. */
  readonly members: ReadonlyMap<string, readonly string[]>;
}

/** Users and groups with ids that sort in the order of creation. */
export function generateResources(
  random: SeededRandom,
  counts: { readonly users: number; readonly groups: number },
): Generated {
  const resource = (type: ResourceType, at: number): CreatedResource => ({
    id: `${type === 'User' ? 'u' : 'g'}${String(at).padStart(4, '0')}`,
    type,
    doc: generateDocument(random, type, at),
    version: 1 + random.below(3),
    createdAt: random.pick(INSTANTS),
    modifiedAt: random.pick(INSTANTS),
    createHash: `hash of ${type} ${at}`,
  });
  const users = Array.from({ length: counts.users }, (_, at) => resource('User', at));
  const groups = Array.from({ length: counts.groups }, (_, at) => resource('Group', at));
  const members = new Map(
    groups.map(({ id }) => [id, users.filter(() => random.chance(0.2)).map((user) => user.id)] as const),
  );
  return { users, groups, members };
}

/** Puts them into a store. */
export async function storeResources(scim: ScimStore, { users, groups, members }: Generated): Promise<void> {
  for (const each of [...users, ...groups]) await scim.insert(each);
  for (const [group, ids] of members) {
    if (ids.length > 0) await scim.changeMembers(group, { kind: 'add', users: ids }, INSTANTS[0] ?? '');
  }
}

/** Their members and groups, as the store would tell them. */
export function membershipsOf({ users, groups, members }: Generated): {
  readonly groups: ReadonlyMap<string, readonly Member[]>;
  readonly members: ReadonlyMap<string, readonly Member[]>;
} {
  const known = new Map([...users, ...groups].map((each) => [each.id, each]));
  const member = (id: string): Member => {
    const { displayName, userName } = known.get(id)?.doc ?? {};
    const display = displayName ?? userName;
    return typeof display === 'string' ? { id, display } : { id };
  };
  return {
    members: new Map([...members].map(([group, ids]) => [group, ids.map(member)])),
    groups: new Map(
      users.map(({ id }) => [
        id,
        groups.filter((group) => members.get(group.id)?.includes(id)).map((g) => member(g.id)),
      ]),
    ),
  };
}
