import { DatabaseSync } from 'node:sqlite';
import type { Employee } from '../support/journey.ts';
import { createRowMaker, createRunner } from './store-rows.ts';

/** Transactions, the time that they took, and the processor time in it. */
export interface Inserted {
  readonly count: number;
  readonly milliseconds: number;
  readonly cpuMicros: number;
}

/**
 * `durable-inserts.ts FILE TEMPLATE`: how many POSTs the store itself could take. A loop on a copy of the store writes the
 * rows of one POST in one transaction each, in WAL mode with synchronous=FULL as the bridge does, and nothing else: no
 * HTTP, no JSON, no reading. Told `{ milliseconds }` it answers what it inserted.
 */
const [file = '', template = ''] = process.argv.slice(2);
const database = new DatabaseSync(file, { timeout: 5000 });
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
database.exec('PRAGMA cache_size = -65536;');
const rowsOf = createRowMaker(database, JSON.parse(template) as Employee);
const run = createRunner(database);
const SLICE = 100;
let made = 0;

process.on('message', (message) => {
  const { milliseconds } = message as { readonly milliseconds: number };
  let spent = 0;
  let count = 0;
  let cpuMicros = 0;
  while (spent < milliseconds) {
    // The values are made outside of the clock.
    const slice = Array.from({ length: SLICE }, () => rowsOf(person((made += 1))));
    const cpu = process.cpuUsage();
    const begin = performance.now();
    for (const rows of slice) {
      database.exec('begin immediate');
      run(rows);
      database.exec('commit');
    }
    spent += performance.now() - begin;
    const { user, system } = process.cpuUsage(cpu);
    cpuMicros += user + system;
    count += SLICE;
  }
  const inserted: Inserted = { count, milliseconds: spent, cpuMicros };
  process.send?.(inserted);
});
process.send?.('ready');

function person(n: number): Employee {
  const name = String(n);
  return { number: `8${name}`, given: `Raw${name}`, family: 'Bench', userName: `raw${name}@example.com` };
}
