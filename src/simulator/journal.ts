import type { Effect } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { isObject } from './json.ts';
import type { Store } from './store.ts';

/** One API call, in the order in which calls took effect. */
export interface JournalEntry {
  readonly n: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Parsed JSON or form (64-bit integers as BigInt), the text of anything else, null without body. */
  readonly body: unknown;
  /** The status that the simulator settled on, whether or not it reached the client; null: none, the call was cut before it was handled. */
  readonly status: number | null;
  readonly effect: Effect | null;
  readonly faulted?: FaultKind;
}

export interface Journal {
  readonly record: (entry: Omit<JournalEntry, 'n'>) => void;
  readonly entries: () => readonly JournalEntry[];
  readonly clear: () => void;
}

// Secrets travel in the bodies of the token endpoint and even in a query (Drift API notes 2.9); none of them belongs in a journal.
const SECRET = new Set(
  ['client_secret', 'clientSecret', 'access_token', 'accessToken', 'refresh_token', 'refreshToken', 'code'].map(
    (name) => name.toLowerCase(),
  ),
);
const isSecret = (path: string, name: string): boolean =>
  (path.startsWith('/oauth2/') || path.startsWith('/app/')) && SECRET.has(name.toLowerCase());

/** Keeps the last `limit()` entries, 0: none. Numbers go on counting what is not kept. */
export function createJournal(store: Store, limit: () => number): Journal {
  let entries = store.journal() as JournalEntry[];
  let last = entries.at(-1)?.n ?? 0;

  function trim(most: number): void {
    store.trimJournal(last - most);
    entries = entries.filter(({ n }) => n > last - most);
  }

  return {
    record(entry) {
      last += 1;
      const most = limit();
      if (most === 0) return;
      const { path, query, body } = entry;
      const redacted = { ...entry, query: redact(path, query), body: isObject(body) ? redact(path, body) : body };
      const numbered = { n: last, ...redacted };
      entries.push(numbered);
      store.appendJournal(last, numbered);
      // Seldom, since it touches all that is kept.
      if (entries.length >= 2 * most) trim(most);
    },
    entries() {
      const most = limit();
      return most === 0 ? [] : entries.slice(-most);
    },
    clear: () => trim(0),
  };
}

/** The query of a call as a record; a repeated name gives a list. */
export function queryRecord(query: URLSearchParams): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const values = query.getAll(name);
      return [name, values.length > 1 ? values : (values[0] ?? '')];
    }),
  );
}

function redact<V>(path: string, record: Readonly<Record<string, V>>): Record<string, V | string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, isSecret(path, name) ? '[redacted]' : value]),
  );
}
