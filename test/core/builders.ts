import type { Account, Baseline, OwnedCounts } from '../../src/core/identity/account.ts';
import type { AttributeValues } from '../../src/core/identity/attributes.ts';
import type { HrRecord } from '../../src/core/identity/hr-record.ts';
import type { HrStatement, IdpStatement, Link, PersonState } from '../../src/core/identity/person.ts';
import type { Entry } from '../../src/core/reconcile/entry.ts';
import type { ChangeOp, DraftChange } from '../../src/core/reconcile/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/core/reconcile/policy.ts';
import type { ReconcileInput, ReconcileResult } from '../../src/core/reconcile/reconcile.ts';

/** Invented people at example.com, by number. A test says only what it is about. */
export const NOW = '2026-03-02T12:00:00.000Z';
export const LONG_AGO = '2025-01-01T00:00:00.000Z';

export function daysBefore(days: number, now = NOW): string {
  return new Date(Date.parse(now) - days * 86_400_000).toISOString();
}

export function mail(n: number): string {
  return `given${String(n)}.family${String(n)}@example.com`;
}

export function idp(n: number, over: Partial<IdpStatement> = {}): IdpStatement {
  return {
    recordId: `idp-${String(n)}`,
    state: 'active',
    since: LONG_AGO,
    userName: mail(n),
    displayName: `Given${String(n)} Family${String(n)}`,
    given: `Given${String(n)}`,
    family: `Family${String(n)}`,
    emails: [mail(n)],
    groups: [],
    ...over,
  };
}

export function hr(n: number, record: Partial<HrRecord> = {}, over: Partial<HrStatement> = {}): HrStatement {
  return {
    recordId: `hr-${String(n)}`,
    feed: 'hr',
    state: 'present',
    missingFiles: 0,
    since: LONG_AGO,
    record: { personKey: String(n), workerType: 'employee', status: 'active', start: '2020-01-15', ...record },
    ...over,
  };
}

export function person(n: number, over: Partial<PersonState> = {}): PersonState {
  return { id: `per-${String(n)}`, idp: idp(n), duplicates: [], ...over };
}

/** The same person without what the identity provider says. */
export function unassigned(n: number, over: Partial<PersonState> = {}): PersonState {
  return { id: `per-${String(n)}`, duplicates: [], ...over };
}

export function account(n: number, over: Partial<Account> & { readonly plus?: AttributeValues } = {}): Account {
  const { plus, ...rest } = over;
  const id = String(1000 + n);
  return {
    id,
    restId: id,
    values: {
      userName: mail(n),
      email: mail(n),
      displayName: `Given${String(n)} Family${String(n)}`,
      givenName: `Given${String(n)}`,
      familyName: `Family${String(n)}`,
      role: 'MEMBER',
      ...plus,
    },
    active: true,
    bot: false,
    roles: ['MEMBER'],
    views: { scim: true, rest: true },
    disagreements: [],
    ...rest,
  };
}

export function link(personNumber: number, accountNumber = personNumber): Link {
  return {
    id: `lnk-${String(personNumber)}-${String(accountNumber)}`,
    personId: `per-${String(personNumber)}`,
    accountId: String(1000 + accountNumber),
    confidence: 1,
    rule: 'created',
    pinned: false,
  };
}

export function baseline(n: number, values: AttributeValues = account(n).values): [string, Baseline] {
  return [String(1000 + n), { accountId: String(1000 + n), values, at: LONG_AGO }];
}

export function owned(n: number, accounts: number, contacts: number, contactsListable = true): [string, OwnedCounts] {
  return [String(1000 + n), { accounts, contacts, contactsListable }];
}

export function policy(over: Partial<Policy> = {}): Policy {
  return { ...DEFAULT_POLICY, verifiedDomains: ['example.com'], ...over };
}

export const HR_VOTES = { source: 'hr:hr', votes: true } as const;

export function world(over: Partial<ReconcileInput> = {}): ReconcileInput {
  return {
    now: NOW,
    policy: policy(),
    persons: [],
    accounts: [],
    links: [],
    cannotLinks: [],
    tombstones: [],
    baselines: new Map(),
    owned: new Map(),
    sources: [],
    hrFeed: false,
    deprovisioned: { last24h: 0, last7d: 0 },
    userNameHash: (userName) => `keyed:${userName.toLowerCase()}`,
    hash: (text) => `hash:${text}`,
    ...over,
  };
}

/** `count` people, each with a linked account in sync. */
export function seats(count: number, over: Partial<ReconcileInput> = {}): ReconcileInput {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return world({
    persons: numbers.map((n) => person(n)),
    accounts: numbers.map((n) => account(n)),
    links: numbers.map((n) => link(n)),
    baselines: new Map(numbers.map((n) => baseline(n))),
    ...over,
  });
}

export function entryOf(result: ReconcileResult, n: number): Entry {
  const found = result.entries.find((entry) => entry.personId === `per-${String(n)}`);
  if (found === undefined) throw new Error(`no entry of person ${String(n)}`);
  return found;
}

export function accountEntryOf(result: ReconcileResult, n: number): Entry {
  const found = result.entries.find((entry) => entry.personId === undefined && entry.accountId === String(1000 + n));
  if (found === undefined) throw new Error(`no entry of account ${String(n)}`);
  return found;
}

export function changesOf(result: ReconcileResult, op?: ChangeOp): readonly DraftChange[] {
  return op === undefined ? result.changes : result.changes.filter((change) => change.op === op);
}

export function opsOf(result: ReconcileResult, n: number): readonly ChangeOp[] {
  return result.changes.filter((change) => change.personId === `per-${String(n)}`).map((change) => change.op);
}

/** A copy that lacks the keys, as a source or a view that says nothing of them would give it. */
export function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  const rest = Object.entries(value).filter(([key]) => !keys.includes(key as K));
  return Object.fromEntries(rest) as Omit<T, K>;
}
