import { openFeedFile } from '../../src/compose/open-feed.ts';
import { type ImportAnswer, type ImportFeed, createImportFeed } from '../../src/flows/import-feed.ts';
import type { ImportRow } from '../../src/flows/import-port.ts';
import type { HrRow } from '../../src/flows/people-port.ts';
import type { Clock, Crypto, Store, TenantStore } from '../../src/flows/ports.ts';

type Received = Parameters<ImportFeed['receive']>[0];

/** The columns of most files here. */
export const HR_HEADER =
  'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date,Department,Manager ID';

/** What a test says of one row; the rest is usual. */
export interface FileRow {
  readonly given?: string;
  readonly family?: string;
  readonly email?: string;
  readonly status?: string;
  readonly hired?: string;
  readonly ended?: string;
  readonly department?: string;
  readonly manager?: string;
}

export function hrRow(key: number | string, row: FileRow = {}): string {
  const id = String(key);
  const { given = `Given${id}`, family = `Family${id}`, email = `p${id}@example.com` } = row;
  const { status = 'Active', hired = '2020-01-15', ended = '', department = 'Sales', manager = '' } = row;
  return [id, given, family, email, status, hired, ended, department, manager].join(',');
}

/** People 1 to n without some, each as `row` says. */
export function hrFile(
  n: number,
  more: {
    readonly without?: readonly number[];
    readonly row?: (id: number) => FileRow;
    readonly header?: string;
    readonly rows?: readonly string[];
  } = {},
): string {
  const { without = [], row = () => ({}), header = HR_HEADER, rows = [] } = more;
  const ids = Array.from({ length: n }, (_, index) => index + 1).filter((id) => !without.includes(id));
  return [header, ...ids.map((id) => hrRow(id, row(id))), ...rows, ''].join('\n');
}

export interface FeedWorld {
  readonly feed: ImportFeed;
  /** A second later than the last one. */
  send(text: string, more?: Partial<Received>): Promise<ImportAnswer>;
  release(answer: Pick<ImportAnswer, 'id'>): Promise<ImportAnswer>;
  person(key: number | string): Promise<HrRow | undefined>;
  rows(answer: Pick<ImportAnswer, 'id'>): Promise<readonly ImportRow[]>;
}

/** The import of HR files into one tenant, over a real store and the real reader. */
export function openFeedWorld(ports: {
  readonly store: Store;
  readonly clock: Clock & { forward(ms: number): void };
  readonly crypto: Crypto;
  readonly tenantId: string;
}): FeedWorld {
  const { store, clock, crypto, tenantId } = ports;
  const tenant: TenantStore = store.tenant(tenantId);
  const feed = createImportFeed({ store, clock, crypto, openFeed: openFeedFile, log: () => undefined });
  return {
    feed,
    send(text, more = {}) {
      clock.forward(1000);
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(text);
      }
      return feed.receive({ tenantId, feed: 'hr', preview: false, bytes: bytes(), by: 'maya', ...more });
    },
    release({ id }) {
      clock.forward(1000);
      return feed.release({ tenantId, importId: id, reason: 'checked with HR', by: 'omar' });
    },
    person: async (key) => (await tenant.people.hrRows('hr', [String(key)])).get(String(key)),
    rows: ({ id }) => tenant.imports.rows(id, { after: 0, limit: 1000 }),
  };
}
