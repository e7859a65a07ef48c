import type { Disposition } from './entry.ts';
import type { ChangeOp, ChangeState } from './plan.ts';
import type { Situation } from './situation.ts';

/** One word for where a person stands on the way into Drift or out of it. */
export type ProvisioningState =
  | 'accepted'
  | 'planned'
  | 'held'
  | 'waiting_approval'
  | 'applied'
  | 'verified'
  | 'refused'
  | 'leaving'
  | 'removed'
  | 'failed';

export interface ChangeView {
  readonly op: ChangeOp;
  readonly state: ChangeState;
  /** Stable code of how it ended. */
  readonly code?: string;
  readonly at: string;
}

/** Everything that the word is made of, from the store alone. */
export interface PersonStanding {
  /** The IdP says that the person is not to have a seat (inactive or deleted). */
  readonly switchedOff: boolean;
  /** When a source last said something of the person. */
  readonly statedAt: string;
  readonly linked: boolean;
  /** When the person's account was proven gone. */
  readonly buriedAt?: string;
  /** What the last run that looked at the person found. */
  readonly entry?: {
    readonly situation: Situation;
    readonly disposition: Disposition;
    readonly leaving: boolean;
    readonly at: string;
    readonly changes: readonly ChangeView[];
  };
}

export interface Standing {
  readonly state: ProvisioningState;
  readonly since: string;
  readonly detail?: string;
}

/** Most telling first: the word is that of the first group that one of the changes falls in. */
const GROUPS: readonly {
  readonly state: ProvisioningState;
  readonly has: (change: ChangeView) => boolean;
}[] = [
  { state: 'refused', has: ({ state, code }) => state === 'failed' && code?.startsWith('refused.') === true },
  { state: 'failed', has: ({ state }) => state === 'failed' },
  { state: 'held', has: ({ state }) => state === 'held' },
  { state: 'waiting_approval', has: ({ state }) => state === 'planned' },
  { state: 'planned', has: ({ state }) => state === 'approved' || state === 'leased' || state === 'unknown' },
  { state: 'applied', has: ({ state }) => state === 'done' },
  { state: 'verified', has: ({ state }) => state === 'verified' },
];

/** A leaver's last change, as far as it has come. */
const REMOVED: readonly ChangeState[] = ['done', 'verified'];

export function standingOf(person: PersonStanding): Standing {
  const { entry, buriedAt, statedAt, linked, switchedOff } = person;
  if (buriedAt !== undefined && !linked) {
    return switchedOff ? { state: 'removed', since: buriedAt } : refusedForGood(person, buriedAt);
  }
  if (entry === undefined || statedAt > entry.at) {
    return switchedOff && linked
      ? { state: 'leaving', since: statedAt }
      : { state: 'accepted', since: statedAt, detail: 'waits for the next run' };
  }
  const telling = told(entry.changes);
  const leaves = entry.leaving || switchedOff || entry.changes.some(({ op }) => op === 'deprovision');
  if (telling === undefined) return quiet(entry, leaves && linked);
  const gone = entry.changes.find(({ op, state }) => op === 'deprovision' && REMOVED.includes(state));
  if (gone !== undefined) return { state: 'removed', since: gone.at };
  if (leaves && (telling.state === 'planned' || telling.state === 'applied' || telling.state === 'verified')) {
    return { ...telling, state: 'leaving' };
  }
  return telling;
}

function refusedForGood({ statedAt, entry }: PersonStanding, buriedAt: string): Standing {
  return {
    state: 'refused',
    since: statedAt > buriedAt ? statedAt : buriedAt,
    detail: entry?.situation ?? 'REPROVISION_REFUSED',
  };
}

function told(changes: readonly ChangeView[]): Standing | undefined {
  for (const { state, has } of GROUPS) {
    const own = changes.filter(has).sort((left, right) => (left.at < right.at ? 1 : -1));
    const [latest] = own;
    if (latest === undefined) continue;
    const { at, code, state: changeState } = latest;
    const detail = changeState === 'unknown' ? 'the outcome is being read back' : code;
    return { state, since: at, ...(detail === undefined || detail === 'done' ? {} : { detail }) };
  }
  return undefined;
}

/** No change is under way: the entry itself says how things stand. */
function quiet(entry: NonNullable<PersonStanding['entry']>, leaving: boolean): Standing {
  const { situation, disposition, at } = entry;
  const detail = situation;
  if (situation === 'REPROVISION_REFUSED') return { state: 'refused', since: at, detail };
  if (leaving) return { state: 'leaving', since: at, detail };
  if (situation === 'IN_SYNC' || situation === 'LINK_ONLY') return { state: 'verified', since: at };
  if (disposition === 'needs_approval') return { state: 'waiting_approval', since: at, detail };
  if (disposition === 'held' || disposition === 'blocked') return { state: 'held', since: at, detail };
  return { state: 'accepted', since: at, detail };
}
