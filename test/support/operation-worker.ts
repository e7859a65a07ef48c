import { systemClock } from '../../src/compose/system.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createDriftClient } from '../../src/drift/client.ts';
import { createOperationDesk } from '../../src/drift/desk.ts';
import { createRunOperations } from '../../src/flows/call-operation/run-operations.ts';
import { createWorker } from '../../src/jobs/worker.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createJobWork } from '../../src/storage/jobs.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';

// Entry of a process that does the operations of one store until it is killed.
const { databaseUrl, driftUrl, token } = JSON.parse(process.argv[2] ?? '{}') as Readonly<Record<string, string>>;

const clock = systemClock;
const database = await openDatabase({ url: databaseUrl ?? '' });
const crypto = createCrypto({ pepper: new Uint8Array(32).fill(9) });
const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
const log = (): void => undefined;
const client = createDriftClient({
  baseUrl: driftUrl ?? '',
  scimPath: 'auto',
  ratePerMinute: 6000,
  permits: { deprovision: async () => false, erase: async () => false },
  log,
  clock,
  random: () => 0.5,
  token: token ?? '',
});
const operations = createRunOperations({
  store,
  clock,
  log,
  deskFor: async () => createOperationDesk({ clock, client: client.session(), secrets: async () => null }),
  responder: { post: async () => ({ kind: 'lost', code: 'forbidden' }) },
  respondSecrets: () => [],
});
const jobs = createJobWork(database);
// As a single process does at its start: whatever was leased was its own.
await jobs.releaseAll();
createWorker({
  jobs,
  clock,
  log,
  owner: String(process.pid),
  handlers: { operation: operations.run },
  gaveUp: (job) => operations.gaveUp(job),
}).start();
// The clock's timers keep no process alive.
setInterval(() => undefined, 1000);
