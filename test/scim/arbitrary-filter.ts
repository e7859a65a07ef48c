import fc from 'fast-check';
import type { Filter } from '../../src/core/query.ts';
import { pathText } from '../../src/scim/schema.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** Few words, so that documents and filters meet. */
const TEXTS = [
  'ann',
  'Bob',
  'ANN',
  'a%b',
  'a_b',
  'Zoë',
  "o'brien",
  'a\\b',
  'x@example.com',
  'X@Example.com',
  '',
] as const;
const INSTANTS = ['2026-01-02T03:04:05.006Z', '2026-01-02T03:04:05.010Z', '2020-01-01T00:00:00.000Z'] as const;

const text = fc.constantFrom(...TEXTS);
const type = fc.constantFrom('work', 'home', 'Work');

/** Users in the shape in which they are stored. */
export const documents = fc.record(
  {
    externalId: text,
    userName: fc.constant(''),
    name: fc.record({ familyName: text }, { requiredKeys: [] }),
    displayName: text,
    title: text,
    active: fc.boolean(),
    emails: fc.array(fc.record({ value: text, type, primary: fc.constant(false) }, { requiredKeys: [] }), {
      maxLength: 3,
    }),
    [ENTERPRISE]: fc.record({ department: text }, { requiredKeys: [] }),
  },
  { requiredKeys: ['userName', 'active'] },
);

const strings = fc.constantFrom(
  { attribute: 'userName' },
  { attribute: 'externalId' },
  { attribute: 'displayName' },
  { attribute: 'title' },
  { attribute: 'id' },
  { attribute: 'name', sub: 'familyName' },
  { attribute: 'emails', sub: 'value' },
  { attribute: 'emails', sub: 'type' },
  { schema: ENTERPRISE, attribute: 'department' },
);

const operators = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const orders = fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le');
const equals = fc.constantFrom('eq', 'ne');
const compare = fc.constant('compare');

const inside: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: compare, path: fc.constant({ attribute: 'emails', sub: 'value' }), op: operators, value: text }),
  fc.record({ kind: compare, path: fc.constant({ attribute: 'emails', sub: 'type' }), op: operators, value: type }),
  fc.record({ kind: fc.constant('present'), path: fc.constant({ attribute: 'emails', sub: 'value' }) }),
);

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  { arbitrary: fc.record({ kind: compare, path: strings, op: operators, value: text }), weight: 6 },
  fc.record({ kind: compare, path: strings, op: equals, value: fc.constant(null) }),
  fc.record({ kind: compare, path: fc.constant({ attribute: 'active' }), op: equals, value: fc.boolean() }),
  fc.record({
    kind: compare,
    path: fc.constantFrom({ attribute: 'meta', sub: 'created' }, { attribute: 'meta', sub: 'lastModified' }),
    op: orders,
    value: fc.constantFrom(...INSTANTS),
  }),
  fc.record({ kind: fc.constant('present'), path: strings }),
  fc.record({ kind: fc.constant('present'), path: fc.constantFrom({ attribute: 'emails' }, { attribute: 'active' }) }),
  fc.record({ kind: fc.constant('element'), path: fc.constant({ attribute: 'emails' }), where: combined(inside) }),
);

export const filters: fc.Arbitrary<Filter> = combined(leaf);

function combined(leaves: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.letrec<{ any: Filter; not: Filter; many: Filter }>((tie) => ({
    any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, { arbitrary: leaves, weight: 3 }, tie('not'), {
      arbitrary: tie('many'),
      weight: 2,
    }),
    not: fc.record({ kind: fc.constant('not' as const), part: tie('any') }),
    many: fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
    }),
  })).any;
}

/** The filter as a client would write it. */
export function writeFilter(filter: Filter, element = false): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.map((part) => `(${writeFilter(part, element)})`).join(` ${filter.kind} `);
    case 'not':
      return `not (${writeFilter(filter.part, element)})`;
    case 'element':
      return `${pathText(filter.path)}[${writeFilter(filter.where, true)}]`;
    case 'present':
      return `${nameOf(filter.path, element)} pr`;
    case 'compare':
      return `${nameOf(filter.path, element)} ${filter.op} ${JSON.stringify(filter.value)}`;
  }
}

function nameOf(path: Parameters<typeof pathText>[0], element: boolean): string {
  return element && path.sub !== undefined ? path.sub : pathText(path);
}
