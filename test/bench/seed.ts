import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadKeys } from '../../src/compose/secrets.ts';
import { systemClock } from '../../src/compose/system.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type AcceptScim, createAcceptScim } from '../../src/flows/accept-scim.ts';
import type { Principal } from '../../src/flows/principal.ts';
import { readDocument } from '../../src/scim/document.ts';
import { GROUP, USER } from '../../src/scim/schema.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { DEFAULT_TENANT, createTenants } from '../../src/storage/tenants.ts';
import { type Employee, employees, scimUser } from '../support/journey.ts';
import { createRowMaker, createRunner } from './store-rows.ts';

/**
 * `seed.ts DIR USERS`: fills a data folder with users, and with two groups: every second user in the one, a hundred in
 * the other. The first thousand users and the groups come by the flow that a POST takes; the others are their rows again,
 * in every table, under other names (only the hashes of the audit chain are not made anew).
 */
const [dir = '', usersText = '0'] = process.argv.slice(2);
const count = Number(usersText);
const BATCH = 2000;
const PRINCIPAL: Principal = {
  tenantId: DEFAULT_TENANT,
  tokenId: 'seed',
  subject: 'seed',
  audience: 'scim',
  scopes: ['scim:read', 'scim:write'],
};

const BY_FLOW = 1000;
const file = join(dir, 'bridge.db');
const people = employees(count);
const progress = (done: number): void => void process.send?.({ done, of: count });

mkdirSync(dir, { recursive: true, mode: 0o700 });
const crypto = createCrypto({ pepper: loadKeys(dir, { needsSecretKey: false }).pepper });
await inStore(async (accept) => {
  for (const person of people.slice(0, BY_FLOW)) await accept.createUser(PRINCIPAL, userDocument(person));
});
progress(Math.min(count, BY_FLOW));
if (count > BY_FLOW) copyRows();
const ids = userIds();
await inStore(async (accept) => {
  const group = (displayName: string, members: readonly string[]) =>
    accept.createGroup(PRINCIPAL, readDocument(GROUP, { displayName }), members);
  const step = Math.max(1, Math.floor(count / 100));
  const everySecond = ids.filter((_, index) => index % 2 === 0);
  await group('Every second', everySecond);
  await group('A hundred', ids.filter((_, index) => index % step === 0).slice(0, 100));
});

/** The flow of a POST, all of it in one transaction. */
async function inStore(work: (accept: AcceptScim) => Promise<void>): Promise<void> {
  const database = await openDatabase({ url: file });
  const ports = { database, clock: systemClock, crypto };
  await createTenants(ports).ensureDefault();
  const store = createStore({ ...ports, basePolicy: DEFAULT_POLICY });
  await store.tenant(DEFAULT_TENANT).write((tx) =>
    work(
      createAcceptScim({
        store: { tenant: () => ({ scim: tx.scim, write: (one) => one(tx) }) },
        clock: systemClock,
        crypto,
      }),
    ),
  );
  await database.close();
}

function userDocument(person: Employee): ReturnType<typeof readDocument> {
  return readDocument(USER, scimUser(person));
}

function copyRows(): void {
  const database = new DatabaseSync(file);
  const template = people[BY_FLOW - 1];
  if (template === undefined) throw new Error('no template');
  const rowsOf = createRowMaker(database, template);
  const run = createRunner(database);
  for (let at = BY_FLOW; at < count; at += BATCH) {
    database.exec('begin immediate');
    for (const person of people.slice(at, at + BATCH)) run(rowsOf(person));
    database.exec('commit');
    progress(Math.min(count, at + BATCH));
  }
  database.close();
}

function userIds(): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(`select id from scim_resource where type = 'User' order by id`).all();
  database.close();
  return rows.map((row) => String(row['id']));
}
