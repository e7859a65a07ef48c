import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import { failureOf } from './dialect.ts';
import type { Schema } from './schema.ts';
import { type Direct, answersDirectly } from './statement.ts';

type Work<T> = (tx: Transaction<Schema>) => Promise<T>;

interface Waiting {
  /** Of the clock that never goes back, in milliseconds. */
  readonly since: number;
  readonly work: Work<unknown>;
  readonly alone: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Works of one commit, and milliseconds after which it takes no more: a reader of what is written waits no longer. */
const MOST = 64;
const LONGEST = 10;

/** Milliseconds that a work waits for another process to let go of the file, and between two looks. */
const PATIENCE = 4000;
const RETRY = 60;

/**
 * SQLite has one writer, and a durable commit waits for the disk. Works that wait for their turn at the same time share
 * one commit: each between savepoints, so that one that fails takes nothing of the others with it, and none is told
 * that it is done before the commit is. `alone` runs a work in a transaction of its own.
 */
export function createGroupCommit(
  write: Kysely<Schema>,
  direct: Direct | undefined,
  patience = PATIENCE,
): <T>(work: Work<T>, alone: () => Promise<T>) => Promise<T> {
  const waiting: Waiting[] = [];
  let busy = false;

  async function run(): Promise<void> {
    busy = true;
    try {
      // In the next turn of the loop: whoever came in this one can come along.
      await turn(null);
      while (waiting.length > 0) {
        const group = waiting.splice(0, MOST);
        if (group.length === 1) await each(group);
        else await together(group);
        await turn(null);
      }
    } finally {
      busy = false;
    }
  }

  async function each(group: readonly Waiting[]): Promise<void> {
    for (const [at, { alone, resolve, reject }] of group.entries()) {
      try {
        resolve(await alone());
      } catch (error) {
        reject(error);
        if (failureOf(error) !== 'contention') continue;
        // It waited for another process in vain: the rest need not do so one after the other.
        waiting.unshift(...group.slice(at + 1));
        return;
      }
    }
  }

  /** Another process has the file: all wait for it together, each only as long as it would alone. */
  async function later(group: readonly Waiting[], error: unknown): Promise<void> {
    const now = performance.now();
    const patient = group.filter(({ since }) => now - since < patience);
    for (const one of group) if (!patient.includes(one)) one.reject(error);
    waiting.unshift(...patient);
    await sleep(RETRY);
  }

  async function together(group: readonly Waiting[]): Promise<void> {
    const ended: (() => void)[] = [];
    const stage: { at: 'begin' | 'works' | 'commit' } = { at: 'begin' };
    try {
      await write.transaction().execute(async (transaction) => {
        stage.at = 'works';
        const tx = answersDirectly(transaction, direct);
        const begun = performance.now();
        for (const { work, resolve, reject } of group) {
          if (performance.now() - begun > LONGEST) break;
          await tx.executeQuery(CompiledQuery.raw('savepoint work'));
          try {
            const value = await work(tx);
            ended.push(() => resolve(value));
          } catch (error) {
            await tx.executeQuery(CompiledQuery.raw('rollback to savepoint work'));
            // It is made again alone where the database itself asked for that.
            if (failureOf(error) !== 'other') throw error;
            ended.push(() => reject(error));
          }
          await tx.executeQuery(CompiledQuery.raw('release savepoint work'));
        }
        stage.at = 'commit';
      });
    } catch (error) {
      const isContended = failureOf(error) === 'contention';
      if (stage.at === 'begin' && isContended) return later(group, error);
      if (stage.at !== 'commit' || isContended) return each(group);
      // What became of a commit whose answer was lost is not known, and never repeated.
      for (const { reject } of group.slice(0, ended.length)) reject(error);
      ended.fill(() => undefined);
    }
    waiting.unshift(...group.slice(ended.length));
    for (const end of ended) end();
  }

  return <T>(work: Work<T>, alone: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ since: performance.now(), work, alone, resolve: resolve as (value: unknown) => void, reject });
      if (!busy) void run();
    });
}
