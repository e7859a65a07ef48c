import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import type { DialectName } from '../../src/storage/dialect.ts';

/** One fresh store that lives as long as the suite; every `open` is one more process's view of it. */
export interface TestStore {
  readonly dialect: DialectName;
  url(): string;
  open(): Promise<Database>;
}

/**
 * Runs a suite on SQLite (a file of its own), and on PostgreSQL (a database of its own) where TEST_DATABASE_URL is set.
 * What the suite opens is closed when it ends.
 */
export function eachDatabase(title: string, suite: (store: TestStore) => void): void {
  describe(`${title} (sqlite)`, () => suite(testStore('sqlite', sqliteFile)));
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined || server === '') return;
  describe(`${title} (postgres)`, () => suite(testStore('postgres', () => postgresDatabase(server))));
}

interface Place {
  readonly url: string;
  remove(): Promise<void>;
}

function testStore(dialect: DialectName, create: () => Promise<Place>): TestStore {
  let place: Place | undefined;
  const opened: Database[] = [];
  beforeAll(async () => {
    place = await create();
  });
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await place?.remove();
  });
  const url = (): string => {
    if (place === undefined) throw new Error('the store exists only while the suite runs');
    return place.url;
  };
  return {
    dialect,
    url,
    open: async () => {
      const database = await openDatabase({ url: url() });
      opened.push(database);
      return database;
    },
  };
}

async function sqliteFile(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-store-'));
  return { url: join(folder, 'bridge.db'), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function postgresDatabase(server: string): Promise<Place> {
  const name = `contract_${String(process.pid)}_${Math.random().toString(36).slice(2, 10)}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => onServer(server, `drop database if exists ${name} with (force)`) };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
