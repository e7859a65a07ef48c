import { createServer, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  expressionBuilder,
} from 'kysely';
import request from 'supertest';
import type { Filter } from '../../src/core/query.ts';
import type { ResourceType, ScimStore, StoredResource, Surroundings } from '../../src/flows/scim-port.ts';
import { render } from '../../src/scim/facade/render.ts';
import { parseFilter } from '../../src/scim/filter.ts';
import { matches } from '../../src/scim/match.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { TEXT_LIMIT } from '../../src/scim/value.ts';
import { openDatabase } from '../../src/storage/database.ts';
import type { Schema } from '../../src/storage/schema.ts';
import { compile } from '../../src/storage/scim-filter.ts';
import { PUBLIC_URL, createScimWorld } from '../scim/scim-world.ts';
import { type Fuzz, SLOW_MS, Violation, startTimer } from './fuzz-run.ts';
import { type Generated, generateResources, membershipsOf, storeResources } from './generated-resources.ts';
import { type FilterInput, generateFilterInput } from './hostile-filters.ts';
import { seededRandom } from './seeded-random.ts';

const BASE_URL = `${PUBLIC_URL}/scim/v2`;
const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/** What is put to the test; a test of the fuzzing itself plants mistakes here. */
export interface FilterSubject {
  readonly parse: typeof parseFilter;
  readonly matches: typeof matches;
  readonly compile: typeof compile;
}

export const REAL_FILTERS: FilterSubject = { parse: parseFilter, matches, compile };

export interface FilterFuzz extends Fuzz<FilterInput> {
  readonly sampled: { readonly sql: number; readonly slowestSqlMs: number; readonly http: ReadonlyMap<number, number> };
  close(): Promise<void>;
}

interface Known {
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
}

type Everything = Readonly<Record<ResourceType, readonly Known[]>>;

/**
 * Filters against parser, predicate and SQL. One in `sqlEvery` is run on a real SQLite store, and one in `httpEvery` goes
 * through the facade by HTTP: both must find what the predicate finds.
 */
export async function createFilterFuzz(
  subject: FilterSubject,
  options: { readonly seed: number; readonly sqlEvery: number; readonly httpEvery: number },
): Promise<FilterFuzz> {
  const database = await openDatabase({ url: ':memory:' });
  const world = await createScimWorld(database);
  const generated = withLongTexts(generateResources(seededRandom(options.seed), { users: 40, groups: 12 }));
  const scim = world.scim('acme');
  await storeResources(scim, generated);
  const stored = documentsOf(generated);
  const others = documentsOf(
    withLongTexts(generateResources(seededRandom(options.seed + 1), { users: 60, groups: 20 })),
  );
  const server = createServer(world.app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));

  let sql = 0;
  let slowestSqlMs = 0;
  const http = new Map<number, number>();

  return {
    generate: generateFilterInput,

    run(input) {
      const filter = parsed(input);
      if (input.expected === 'refused') throw new Violation('is taken');
      // What a client means must be what is read, wherever that is known.
      if (input.expected !== undefined && !isDeepStrictEqual(filter, input.expected)) {
        throw new Violation(`is read as ${JSON.stringify(filter)}`);
      }
      const pool = others[input.type];
      // By the input alone, so that a slow one is as slow when it is run again.
      const first = input.kind === 'longValues' ? 0 : input.text.length;
      for (let at = first; at < first + 6; at += 1) {
        const document = pool[at % pool.length]?.document ?? {};
        if (typeof subject.matches(definitionOf(input), filter, document) !== 'boolean') {
          throw new Violation('is neither true nor false');
        }
      }
      for (const compiled of statementsOf(subject, filter, input.type)) checkStatement(compiled);
    },

    async sample(input, index, taken) {
      if (input.expected !== undefined && input.expected !== 'refused' && !taken) throw new Violation('is refused');
      if (taken && index % (input.kind === 'longValues' ? Math.min(5, options.sqlEvery) : options.sqlEvery) === 0)
        await throughStore(input);
      if (index % options.httpEvery === 0) await throughFacade(server, input, taken);
    },

    get sampled() {
      return { sql, slowestSqlMs, http };
    },

    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };

  function parsed(input: FilterInput): Filter {
    return subject.parse(definitionOf(input), input.text, { unknown: input.lenient ? 'no_value' : 'refuse' });
  }

  function found(input: FilterInput): readonly string[] {
    const filter = parsed(input);
    return stored[input.type].flatMap(({ id, document }) =>
      subject.matches(definitionOf(input), filter, document) ? [id] : [],
    );
  }

  async function throughStore(input: FilterInput): Promise<void> {
    const filter = parsed(input);
    const expected = found(input);
    sql += 1;
    let best = Infinity;
    let ids: readonly string[] = [];
    for (let attempt = 0; attempt < 6 && best >= Math.min(SLOW_MS, Math.max(slowestSqlMs, 5)); attempt += 1) {
      const timer = startTimer();
      ids = await listed(subject, scim, filter, input.type);
      best = Math.min(best, timer());
    }
    slowestSqlMs = Math.max(slowestSqlMs, best);
    if (best >= SLOW_MS) throw new Violation(`takes ${best.toFixed(1)} ms in SQL at best`);
    if (ids.join(' ') !== expected.join(' ')) {
      throw new Violation(`the store finds ${ids.join(' ')}, the predicate ${expected.join(' ')}`);
    }
    // The condition alone must let through every match, and nothing else where it says so.
    const condition = subject.compile(expressionBuilder<Schema, 'scim_resource'>(), 'acme', filter);
    if (condition === null) return;
    const rows = await database.read
      .selectFrom('scim_resource')
      .select('id')
      .where('tenant_id', '=', 'acme')
      .where('type', '=', input.type)
      .where(condition.expression)
      .orderBy('id')
      .execute();
    const within = rows.map(({ id }) => id);
    const missing = expected.filter((id) => !within.includes(id));
    if (missing.length > 0) throw new Violation(`SQL leaves out ${missing.join(' ')}`);
    if (condition.exact && within.length > expected.length) throw new Violation('SQL finds more, and calls it exact');
  }

  async function throughFacade(at: Server, input: FilterInput, taken: boolean): Promise<void> {
    // What a URL cannot carry goes in a body: half a surrogate pair, and what is longer than headers may be.
    const isForUrl = input.text.isWellFormed() && encodeURIComponent(input.text).length < 8000 && !input.lenient;
    const endpoint = input.type === 'User' ? '/Users' : '/Groups';
    const sent = isForUrl
      ? request(at).get(`/scim/v2${endpoint}?count=1000&filter=${encodeURIComponent(input.text)}`)
      : request(at)
          .post(`/scim/v2${input.lenient ? '' : endpoint}/.search`)
          .set('content-type', 'application/scim+json')
          .send(JSON.stringify({ schemas: [SEARCH], filter: input.text, count: 1000 }));
    const reply = await sent.set('authorization', 'Bearer acme-reader');
    http.set(reply.status, (http.get(reply.status) ?? 0) + 1);
    if (reply.status >= 500) throw new Violation(`is answered ${reply.status}`);
    // Over all types a filter must be right for each of them: that is not what was parsed here.
    if (input.lenient) return;
    const body = reply.body as { readonly scimType?: string; readonly Resources?: readonly { readonly id: string }[] };
    if (!taken) {
      if (reply.status !== 400 || body.scimType !== 'invalidFilter') throw new Violation(`is answered ${reply.status}`);
      return;
    }
    const ids = body.Resources?.map(({ id }) => id) ?? [];
    if (reply.status !== 200 || ids.join(' ') !== found(input).join(' ')) {
      throw new Violation(
        `is answered ${reply.status} with ${ids.join(' ')}, the predicate finds ${found(input).join(' ')}`,
      );
    }
  }
}

function definitionOf({ type }: FilterInput): typeof USER {
  return type === 'User' ? USER : GROUP;
}

/** One holds texts as long as they may be, in which a part is found almost everywhere, and nowhere. */
function withLongTexts(generated: Generated): Generated {
  const [first, ...others] = generated.users;
  if (first === undefined) return generated;
  const [one, two] = ['a'.repeat(TEXT_LIMIT), 'ab'.repeat(TEXT_LIMIT / 2)];
  const doc = { ...first.doc, displayName: one, nickName: two, emails: [{ value: two }] };
  return { ...generated, users: [{ ...first, doc }, ...others] };
}

/** As clients see them. */
function documentsOf(generated: Generated): Everything {
  const around = membershipsOf(generated);
  const known = (resource: StoredResource, surroundings: Surroundings): Known => ({
    id: resource.id,
    document: render(BASE_URL, resource, surroundings),
  });
  return {
    User: generated.users.map((user) => known(user, { groups: around.groups.get(user.id) ?? [] })),
    Group: generated.groups.map((group) => known(group, { members: around.members.get(group.id) ?? [] })),
  };
}

async function listed(
  subject: FilterSubject,
  scim: ScimStore,
  filter: Filter,
  type: ResourceType,
): Promise<readonly string[]> {
  const definition = type === 'User' ? USER : GROUP;
  const { total, resources } = await scim.list(type, {
    filter,
    page: { startIndex: 1, count: 1000 },
    judge: {
      reads: new Set(['groups', 'members', 'view']),
      matches: (each, around) => subject.matches(definition, filter, render(BASE_URL, each, around)),
      sortKey: () => undefined,
    },
  });
  if (total !== resources.length) throw new Violation(`the store counts ${total}, and finds ${resources.length}`);
  return resources.map(({ id }) => id);
}

const SQLITE = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
const POSTGRES = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The SQL for both databases; none where no index can answer. */
function statementsOf(subject: FilterSubject, filter: Filter, type: ResourceType): readonly CompiledQuery[] {
  const condition = subject.compile(expressionBuilder<Schema, 'scim_resource'>(), 'acme', filter);
  if (condition === null) return [];
  return [SQLITE, POSTGRES].map((db) =>
    db.selectFrom('scim_resource').select('id').where('type', '=', type).where(condition.expression).compile(),
  );
}

/** Values are parameters, and within what the databases take. */
function checkStatement({ sql: text, parameters }: CompiledQuery): void {
  if (parameters.length > 1000) throw new Violation(`needs ${parameters.length} parameters`);
  for (const value of parameters) {
    if (typeof value === 'string' && (!value.isWellFormed() || value.includes('\u0000'))) {
      throw new Violation('would give a database a text that it cannot hold');
    }
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Violation('would give a database no number');
  }
  for (const sign of ['--', ';', '/*', '\u0000'])
    if (text.includes(sign)) throw new Violation(`writes ${sign} into SQL`);
}
