import { isObject } from './json.ts';
import type {
  Account,
  Agent,
  Contact,
  Conversation,
  Meeting,
  Message,
  Playbook,
  TimelineEvent,
  Token,
} from './model.ts';
import { noStateFile, openStateFile } from './state-file.ts';
import { createTable, type Indexes, type Table, type Version } from './table.ts';

export interface Store {
  /** `userName`: folded. */
  readonly agents: Table<Agent, 'userName'>;
  /** `email`: folded. `externalId`: as text. */
  readonly contacts: Table<Contact, 'email' | 'externalId'>;
  readonly accounts: Table<Account, 'domain' | 'owner'>;
  readonly timeline: Table<TimelineEvent>;
  readonly conversations: Table<Conversation, 'contact'>;
  readonly messages: Table<Message, 'conversation' | 'attachment'>;
  readonly playbooks: Table<Playbook>;
  readonly meetings: Table<Meeting>;
  readonly tokens: Table<Token>;
  /** Single values: settings, identity, counters. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** Counts up from `first` by `step`; never gives a number twice. */
  next(counter: string, first: bigint, step: bigint): bigint;
  appendJournal(n: number, entry: unknown): void;
  journal(): readonly unknown[];
  /** Forgets the entries up to and with `n`. */
  trimJournal(n: number): void;
  /** Runs `work` as one transaction of the state file; synchronous, so nothing else runs in between. */
  transaction<R>(work: () => R): R;
  close(): void;
}

export interface StoreOptions {
  /** SQLite file; absent: in memory. */
  readonly path: string | undefined;
  readonly clock: () => number;
  /** The longest lag that any reader may have now, in ms: older versions are dropped. */
  readonly longestLagMs: () => number;
}

/** All state lives in memory and is written through to the file, where there is one. Throws when the file cannot be used. */
export function createStore({ path, clock, longestLagMs }: StoreOptions): Store {
  const file = path === undefined ? noStateFile() : openStateFile(path);

  function table<T, K extends string>(kind: string, indexes: Indexes<T, K>): Table<T, K> {
    return createTable<T, K>({
      indexes,
      clock,
      longestLagMs,
      kept: file.records(kind) as Iterable<readonly [string, readonly Version<T>[]]>,
      save: (id, versions) => file.putRecord(kind, id, versions),
    });
  }

  const singles = new Map<string, unknown>(file.singles());
  const set = (key: string, value: unknown): void => {
    singles.set(key, value);
    file.putSingle(key, value);
  };

  return {
    agents: table<Agent, 'userName'>('agent', { userName: (one) => [one.userName.toLowerCase()] }),
    contacts: table<Contact, 'email' | 'externalId'>('contact', {
      email: ({ attributes: { email } }) => (typeof email === 'string' ? [email.toLowerCase()] : []),
      externalId: ({ attributes }) => asKeys(externalIdOf(attributes)),
    }),
    accounts: table<Account, 'domain' | 'owner'>('account', {
      domain: (one) => [one.domain],
      owner: (one) => asKeys(one.ownerId?.toString()),
    }),
    timeline: table<TimelineEvent, never>('timeline', {}),
    conversations: table<Conversation, 'contact'>('conversation', { contact: (one) => [one.contactId] }),
    messages: table<Message, 'conversation' | 'attachment'>('message', {
      conversation: (one) => [one.conversationId],
      attachment: (one) => one.attachments.map(({ id }) => String(id)),
    }),
    playbooks: table<Playbook, never>('playbook', {}),
    meetings: table<Meeting, never>('meeting', {}),
    tokens: table<Token, never>('token', {}),
    get: (key) => singles.get(key),
    set,
    next(counter, first, step) {
      const key = `next:${counter}`;
      const stored = singles.get(key);
      const value = typeof stored === 'string' ? BigInt(stored) : first;
      set(key, (value + step).toString());
      return value;
    },
    appendJournal: file.appendJournal,
    journal: file.journal,
    trimJournal: file.trimJournal,
    transaction: file.transaction,
    close: file.close,
  };
}

/** The external id among the attributes of a contact, as text; numbers are seen in samples (Drift API notes 2.4). */
export function externalIdOf(attributes: unknown): string | undefined {
  const externalId = isObject(attributes) ? attributes['externalId'] : undefined;
  return typeof externalId === 'string' || typeof externalId === 'number' || typeof externalId === 'bigint'
    ? String(externalId)
    : undefined;
}

function asKeys(key: string | undefined): readonly string[] {
  return key === undefined ? [] : [key];
}
