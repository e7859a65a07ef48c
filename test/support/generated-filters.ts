import type { Comparison, Filter, FilterValue } from '../../src/core/query.ts';
import type { ResourceType } from '../../src/flows/scim-port.ts';
import type { Attribute } from '../../src/scim/attribute.ts';
import { GROUP, type Place, type ResourceDefinition, USER } from '../../src/scim/schema.ts';
import { INSTANTS, NUMBERS, TEXTS } from './scim-texts.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A filter as a client would write it, and what it means. */
export interface WrittenFilter {
  readonly text: string;
  readonly filter: Filter;
}

const EQUALITY: readonly Comparison[] = ['eq', 'ne'];
const ORDER: readonly Comparison[] = ['gt', 'ge', 'lt', 'le'];
const PART: readonly Comparison[] = ['co', 'sw', 'ew'];

/** The operators that an attribute of a type takes, `pr` aside (RFC 7644 3.4.2.2, table 3). */
export function operatorsOf(attribute: Attribute): readonly Comparison[] {
  switch (attribute.type) {
    case 'boolean':
      return EQUALITY;
    case 'integer':
    case 'decimal':
      return [...EQUALITY, ...ORDER];
    case 'binary':
      return [...EQUALITY, ...PART];
    case 'dateTime':
    case 'string':
    case 'reference':
      return [...EQUALITY, ...ORDER, ...PART];
    case 'complex':
      return [];
  }
}

const places = new Map<ResourceType, readonly Place[]>();

/** Every attribute and sub-attribute that can be filtered, once. */
export function filterable(type: ResourceType): readonly Place[] {
  const known = places.get(type);
  if (known !== undefined) return known;
  const distinct = new Map<string, Place>();
  for (const place of definitionOf(type).places.values()) distinct.set(JSON.stringify(place.path), place);
  const found = [...distinct.values()].filter(({ attribute }) => attribute.returned !== 'never');
  places.set(type, found);
  return found;
}

function definitionOf(type: ResourceType): ResourceDefinition {
  return type === 'User' ? USER : GROUP;
}

/** A valid filter of up to that many clauses, in one of the many ways of writing it. */
export function generateFilter(random: SeededRandom, type: ResourceType, clauses = 1 + random.below(6)): WrittenFilter {
  return alternatives(random, type, { clauses, depth: random.below(5) }, null);
}

/** One clause about one attribute. */
export function generateClause(random: SeededRandom, type: ResourceType, place: Place, op: Comparison): WrittenFilter {
  const value = generateValue(random, place.attribute, op);
  return {
    text: `${nameOf(random, type, place)} ${anyCase(random, op)} ${value.text}`,
    filter: { kind: 'compare', path: place.path, op, value: value.value },
  };
}

interface Room {
  clauses: number;
  readonly depth: number;
}

function alternatives(random: SeededRandom, type: ResourceType, room: Room, element: Place | null): WrittenFilter {
  const parts = [conjuncts(random, type, room, element)];
  while (room.clauses > 0 && random.chance(0.4)) parts.push(conjuncts(random, type, room, element));
  return joined(random, 'or', parts);
}

function conjuncts(random: SeededRandom, type: ResourceType, room: Room, element: Place | null): WrittenFilter {
  const parts = [operand(random, type, room, element)];
  while (room.clauses > 0 && random.chance(0.4)) parts.push(operand(random, type, room, element));
  return joined(random, 'and', parts);
}

function joined(random: SeededRandom, kind: 'and' | 'or', parts: readonly WrittenFilter[]): WrittenFilter {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return {
    text: parts.map(({ text }) => text).join(`${blank(random)}${anyCase(random, kind)}${blank(random)}`),
    filter: { kind, parts: parts.map(({ filter }) => filter) },
  };
}

function operand(random: SeededRandom, type: ResourceType, room: Room, element: Place | null): WrittenFilter {
  const inner = { clauses: room.clauses, depth: room.depth - 1 };
  if (room.depth > 0 && random.chance(0.35)) {
    if (element === null && random.chance(0.4)) {
      const written = bracketed(random, type, inner);
      room.clauses = inner.clauses;
      return written;
    }
    const { text, filter } = alternatives(random, type, inner, element);
    room.clauses = inner.clauses;
    const around = `(${maybeBlank(random)}${text}${maybeBlank(random)})`;
    return random.chance(0.5)
      ? { text: around, filter }
      : { text: `${anyCase(random, 'not')}${blank(random)}${around}`, filter: { kind: 'not', part: filter } };
  }
  room.clauses -= 1;
  if (element === null) return clause(random, type, random.pick(filterable(type)), null);
  const sub = random.pick(element.attribute.subAttributes);
  const place: Place = { path: { ...element.path, sub: sub.name }, attribute: sub, parent: element.attribute };
  return clause(random, type, place, element);
}

/** `emails[type eq "work"]`, sometimes with `.value eq "x"` behind it, as Entra writes. */
function bracketed(random: SeededRandom, type: ResourceType, room: Room): WrittenFilter {
  const place = random.pick(
    filterable(type).filter(({ attribute, parent }) => attribute.type === 'complex' && parent === undefined),
  );
  const { text, filter } = alternatives(random, type, room, place);
  const start = `${nameOf(random, type, place)}[${maybeBlank(random)}${text}${maybeBlank(random)}]`;
  if (random.chance(0.7)) return { text: start, filter: { kind: 'element', path: place.path, where: filter } };
  const sub = random.pick(place.attribute.subAttributes);
  const after: Place = { path: { ...place.path, sub: sub.name }, attribute: sub, parent: place.attribute };
  const extra = clause(random, type, after, place);
  room.clauses -= 1;
  return {
    text: `${start}.${extra.text}`,
    filter: { kind: 'element', path: place.path, where: { kind: 'and', parts: [filter, extra.filter] } },
  };
}

function clause(random: SeededRandom, type: ResourceType, place: Place, element: Place | null): WrittenFilter {
  const name = element === null ? nameOf(random, type, place) : anyCase(random, place.attribute.name);
  if (random.chance(0.15)) {
    return { text: `${name}${blank(random)}${anyCase(random, 'pr')}`, filter: { kind: 'present', path: place.path } };
  }
  const compared = comparedPlace(place);
  if (compared === null) return { text: `${name} pr`, filter: { kind: 'present', path: place.path } };
  const op = random.pick(operatorsOf(compared.attribute));
  const value = generateValue(random, compared.attribute, op);
  return {
    text: `${name}${blank(random)}${anyCase(random, op)}${blank(random)}${value.text}`,
    filter: { kind: 'compare', path: compared.path, op, value: value.value },
  };
}

/** A complex attribute is compared by its value. */
function comparedPlace(place: Place): Place | null {
  const { attribute, path } = place;
  if (attribute.type !== 'complex') return place;
  const sub = attribute.subAttributes.find(({ name }) => name === 'value');
  return sub === undefined ? null : { path: { ...path, sub: sub.name }, attribute: sub, parent: attribute };
}

interface WrittenValue {
  readonly text: string;
  readonly value: FilterValue;
}

function generateValue(random: SeededRandom, attribute: Attribute, op: Comparison): WrittenValue {
  const isEquality = op === 'eq' || op === 'ne';
  if (isEquality && random.chance(0.08)) return { text: anyCase(random, 'null'), value: null };
  switch (attribute.type) {
    case 'boolean': {
      const value = random.chance(0.5);
      const word = anyCase(random, String(value));
      return { text: random.chance(0.3) ? `"${word}"` : word, value };
    }
    case 'integer':
    case 'decimal':
      return number(random);
    case 'dateTime':
      return PART.includes(op) ? quoted(random, partOfInstant(random)) : instant(random);
    default:
      if (random.chance(0.04)) {
        const bare = random.pick(['5', 'true', 'False', '-0', '1e3']);
        return { text: bare, value: bare };
      }
      return quoted(random, PART.includes(op) ? partOf(random, random.pick(TEXTS)) : random.pick(TEXTS));
  }
}

function number(random: SeededRandom): WrittenValue {
  const value = random.chance(0.7) ? random.pick(NUMBERS) : random.pick([-1, 0.5, 1e21, 1e-7, -1e308, 5e-324]);
  const text = random.pick([String(value), value.toExponential(20)]);
  return { text: random.chance(0.2) ? `"${text}"` : text, value: Number(text) };
}

/** An instant in another offset and another precision than it is stored in. */
function instant(random: SeededRandom): WrittenValue {
  const value = random.pick(INSTANTS);
  const minutes = random.pick([0, 60, -300, 330, 840, -720]);
  const local = new Date(Date.parse(value) + minutes * 60_000).toISOString().slice(0, -1);
  const offset = `${minutes < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
  const text = minutes === 0 ? random.pick([value, value.slice(0, -1), `${local}+00:00`]) : local + offset;
  const isWhole = text.includes('.000');
  const shorter = isWhole && random.chance(0.5) ? text.replace('.000', '') : text.replace(/\.(\d{3})/, '.$1000');
  return { text: `"${random.chance(0.2) ? shorter.toLowerCase() : shorter}"`, value };
}

function pad(count: number): string {
  return String(count).padStart(2, '0');
}

function partOfInstant(random: SeededRandom): string {
  return random.pick(['2026', '2026-01', '.000Z', 'Z', 'z', 'T03:', '9', '', random.pick(INSTANTS)]);
}

/** Some of its letters, whole ones: half of a pair is no text. */
function partOf(random: SeededRandom, text: string): string {
  const letters = Array.from(text);
  const from = random.below(letters.length + 1);
  return letters.slice(from, from + random.below(4)).join('');
}

/** As JSON, with more escapes than needed. */
function quoted(random: SeededRandom, value: string): WrittenValue {
  const text = JSON.stringify(value);
  if (!random.chance(0.2)) return { text, value };
  const escaped = value.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { text: `"${escaped.join('')}"`, value };
}

/** With its URN or without, in any case. */
function nameOf(random: SeededRandom, type: ResourceType, { path }: Place): string {
  const name = path.sub === undefined ? path.attribute : `${path.attribute}.${path.sub}`;
  if (path.schema !== undefined) return anyCase(random, `${path.schema}${random.chance(0.8) ? ':' : '.'}${name}`);
  const urn = random.chance(0.1) ? `${definitionOf(type).core.id}:` : '';
  return anyCase(random, urn + name);
}

function anyCase(random: SeededRandom, word: string): string {
  if (random.chance(0.7)) return word;
  return random.chance(0.5) ? word.toUpperCase() : word.toLowerCase();
}

function blank(random: SeededRandom): string {
  return random.chance(0.9) ? ' ' : random.pick(['  ', '\t', '\r\n', ' \n ']);
}

function maybeBlank(random: SeededRandom): string {
  return random.chance(0.8) ? '' : blank(random);
}
