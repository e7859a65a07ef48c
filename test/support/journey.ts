import { ADMIN_TOKEN, SCIM_TOKEN, call } from './bridge-process.ts';
import type { JournalEntry } from '../../src/simulator/journal.ts';

/** People of a journey: invented, at example.com, known to the IdP and to HR by one employee number. */
export interface Employee {
  readonly number: string;
  readonly given: string;
  readonly family: string;
  readonly userName: string;
}

export function employees(count: number): readonly Employee[] {
  return Array.from({ length: count }, (_, index) => {
    const n = String(index + 1).padStart(3, '0');
    return { number: `00${n}`, given: `Given${n}`, family: `Family${n}`, userName: `given${n}.family${n}@example.com` };
  });
}

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export function scimUser(person: Employee): Record<string, unknown> {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
    userName: person.userName,
    externalId: `ext-${person.number}`,
    name: { givenName: person.given, familyName: person.family },
    displayName: `${person.given} ${person.family}`,
    emails: [{ value: person.userName, type: 'work', primary: true }],
    active: true,
    [ENTERPRISE]: { employeeNumber: person.number },
  };
}

export function hrCsv(people: readonly Employee[]): string {
  const rows = people.map((p) => `${p.number},${p.given},${p.family},${p.userName},Active,2020-01-15,`);
  return `${['Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date', ...rows].join('\n')}\n`;
}

export interface RunBody {
  readonly id: string;
  readonly state: string;
  readonly planId: string | null;
  readonly situations: Readonly<Record<string, number>>;
  readonly population: number;
  readonly gates: readonly {
    readonly code: string;
    readonly held: number;
    readonly value: number;
    readonly limit: number;
  }[];
}

export interface PlanBody {
  readonly id: string;
  readonly hash: string;
  readonly state: string;
  readonly summary: string;
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface ChangeBody {
  readonly id: string;
  readonly op: string;
  readonly state: string;
  readonly outcome: { readonly code: string; readonly detail: string } | null;
}

/** The bridge as an administrator and an IdP drive it: over HTTP only. */
export function driver(url: string): {
  api: <T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof call<T>>;
  scim: <T = Record<string, unknown>>(method: string, path: string, body?: unknown) => ReturnType<typeof call<T>>;
  policy: (change: (policy: Record<string, unknown>) => Record<string, unknown>) => Promise<void>;
  run: () => Promise<RunBody>;
  plan: (planId: string) => Promise<PlanBody>;
  changes: (planId: string) => Promise<readonly ChangeBody[]>;
  settled: (planId: string, milliseconds?: number) => Promise<PlanBody>;
} {
  const api = <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof call<T>> => call<T>(url, ADMIN_TOKEN, method, `/api/v1${path}`, body, headers);
  const plan = async (planId: string): Promise<PlanBody> => (await api<PlanBody>('GET', `/plans/${planId}`)).body;
  return {
    api: api,
    scim: ((method: string, path: string, body?: unknown) =>
      call(url, SCIM_TOKEN, method, `/scim/v2${path}`, body)) as never,
    policy: async (change) => {
      const now = await api<Record<string, unknown>>('GET', '/policy');
      const put = await api('PUT', '/policy', change(now.body), { 'if-match': now.headers.get('etag') ?? '' });
      if (put.status !== 200) throw new Error(`PUT /policy: ${String(put.status)} ${JSON.stringify(put.body)}`);
    },
    run: async () => {
      const started = await api<RunBody>('POST', '/runs?wait=60', { scope: 'all' });
      if (started.status !== 200 && started.status !== 202)
        throw new Error(`POST /runs: ${String(started.status)} ${JSON.stringify(started.body)}`);
      return finished(async () => (await api<RunBody>('GET', `/runs/${started.body.id}`)).body);
    },
    plan,
    changes: async (planId) =>
      (await api<{ items: readonly ChangeBody[] }>('GET', `/plans/${planId}/changes?limit=500`)).body.items,
    settled: async (planId, milliseconds = 60_000) => {
      const until = Date.now() + milliseconds;
      for (;;) {
        const now = await plan(planId);
        if (!['approved', 'applying'].includes(now.state)) return now;
        if (Date.now() > until)
          throw new Error(`plan still ${now.state} after ${String(milliseconds)} ms: ${JSON.stringify(now.counts)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

async function finished(read: () => Promise<RunBody>): Promise<RunBody> {
  for (let tries = 0; tries < 600; tries += 1) {
    const run = await read();
    if (['awaiting_approval', 'done', 'partial', 'failed', 'cancelled'].includes(run.state)) return run;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the run did not end in 60 s');
}

/** Calls that changed something in Drift, in order. */
export function effects(journal: readonly JournalEntry[], kind?: string): readonly JournalEntry[] {
  return journal.filter((entry) => entry.effect !== null && (kind === undefined || entry.effect.kind === kind));
}

/** No SCIM write ever reached Drift as a deactivation: not in any body, in any spelling. */
export function deactivations(journal: readonly JournalEntry[]): readonly JournalEntry[] {
  return journal.filter((entry) => /\/Users/i.test(entry.path) && deactivates(entry.body));
}

/** An attribute, or the path of a PatchOp operation, that says anything but true of `active`. */
function deactivates(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(deactivates);
  if (typeof value !== 'object' || value === null) return false;
  const entries: readonly [string, unknown][] = Object.entries(value);
  const path = entries.find(([key]) => key.toLowerCase() === 'path')?.[1];
  if (typeof path === 'string' && /(^|[.:])(is)?active$/i.test(path)) {
    return entries.find(([key]) => key.toLowerCase() === 'value')?.[1] !== true;
  }
  return entries.some(([key, inner]) => (/(^|[.:])(is)?active$/i.test(key) && inner !== true) || deactivates(inner));
}
