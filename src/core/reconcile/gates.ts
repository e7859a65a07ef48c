import type { AttributeName } from '../identity/attributes.ts';
import type { Assessment } from './assess.ts';
import { isAdminRole } from './desired.ts';
import type { ChangeOp, DraftChange, Gate, GateCode } from './plan.ts';
import { type Limit, limitFor } from './policy.ts';
import type { ReconcileInput } from './input.ts';

/** The first so many that a gate names. */
const WHO = 20;

export interface Gated {
  readonly drafts: readonly DraftChange[];
  readonly gates: readonly Gate[];
}

interface Tripped {
  readonly gate: Gate;
  readonly holds: (draft: DraftChange) => boolean;
}

/**
 * Judges the whole plan before the first write: a threshold that stops at the Nth lets the first N-1 through. A gate
 * holds its own class of changes and nothing else.
 */
export function evaluateGates(
  input: ReconcileInput,
  drafts: readonly DraftChange[],
  assessments: readonly Assessment[],
): Gated {
  const present = new Set(input.accounts.map(({ id }) => id));
  const seats = new Set(input.links.map(({ accountId }) => accountId).filter((id) => present.has(id))).size;
  const tripped = [
    ...creates(input, drafts, seats),
    ...deprovisions(input, drafts, seats),
    ...renames(input, drafts, seats),
    ...missing(input, drafts, assessments),
    ...massAttribute(input, drafts, seats),
    ...contactsTouched(input, drafts),
    ...privileged(drafts, seats),
  ];
  return {
    gates: tripped.map(({ gate }) => gate),
    drafts: drafts.map((draft): DraftChange => {
      const codes = tripped.filter(({ holds }) => holds(draft)).map(({ gate }) => gate.code);
      return codes.length === 0 ? draft : { ...draft, gates: [...new Set(codes)] };
    }),
  };
}

/** The population is everybody who would have a seat afterwards. */
function creates({ policy }: ReconcileInput, drafts: readonly DraftChange[], seats: number): readonly Tripped[] {
  const held = ofOp(drafts, 'create');
  const of = seats + ofOp(drafts, 'link').length + held.length;
  return over({
    code: 'creates',
    op: 'create',
    value: held.length,
    limit: limitFor(policy.gates.creates, of),
    of,
    held,
    what: `${String(held.length)} new seats in one run`,
  });
}

/**
 * Per run and over rolling windows, so that many small runs cannot do what one large one may not. The handovers of the
 * same people wait with them: customers do not move for a removal that nobody let through.
 */
function deprovisions(input: ReconcileInput, drafts: readonly DraftChange[], seats: number): readonly Tripped[] {
  const { policy, deprovisioned } = input;
  const held = ofOp(drafts, 'deprovision');
  const n = held.length;
  if (n === 0) return [];
  const leavers = new Set(held.map(({ personId }) => personId));
  const windows: readonly (readonly [Gate['window'], Limit, number])[] = [
    ['run', policy.gates.deprovisions, 0],
    ['24h', policy.gates.deprovisions24h, deprovisioned.last24h],
    ['7d', policy.gates.deprovisions7d, deprovisioned.last7d],
  ];
  return windows.flatMap(([window, limit, before]) =>
    over({
      code: 'deprovisions',
      op: 'deprovision',
      window,
      value: n + before,
      // Before this run so many were removed; the limit counts what was then.
      limit: Math.min(limitFor(limit, seats + before), policy.gates.deprovisionCap),
      of: seats + before,
      held,
      holds: ({ op, personId }) => op === 'deprovision' || (op === 'handover' && leavers.has(personId)),
      what:
        window === 'run'
          ? `${String(n)} seats to remove in one run`
          : `${String(n)} seats to remove, with ${String(before)} removed in the last ${window === '24h' ? '24 hours' : '7 days'}`,
    }),
  );
}

function renames({ policy }: ReconcileInput, drafts: readonly DraftChange[], seats: number): readonly Tripped[] {
  const held = ofOp(drafts, 'rename');
  return over({
    code: 'renames',
    op: 'rename',
    value: held.length,
    limit: limitFor(policy.gates.renames, seats),
    of: seats,
    held,
    what: `${String(held.length)} userNames to change in one run`,
  });
}

/** People that the newest complete file lacks for the first time; holds the removals that rest on missing rows. */
function missing(
  { policy }: ReconcileInput,
  drafts: readonly DraftChange[],
  assessments: readonly Assessment[],
): readonly Tripped[] {
  const listed = assessments.filter(({ person }) => person.hr !== undefined);
  const newly = listed.filter(({ person }) => person.hr?.state === 'vanished' && person.hr.missingFiles === 1);
  const causes = new Map(assessments.map(({ person, seat }) => [person.id, seat.cause]));
  const byMissing = ({ op, personId }: DraftChange): boolean =>
    (op === 'deprovision' || op === 'handover') && causes.get(personId ?? '') === 'hr_vanished';
  return over({
    code: 'missing_from_feed',
    op: 'deprovision',
    value: newly.length,
    limit: limitFor(policy.gates.missingFromFeed, listed.length),
    of: listed.length,
    held: drafts.filter((draft) => draft.op === 'deprovision' && byMissing(draft)),
    holds: byMissing,
    who: newly.map(({ person }) => person.id),
    what: `${String(newly.length)} people are missing from the newest HR file for the first time`,
  });
}

/** One attribute that changes for very many looks like a shifted column. */
function massAttribute({ policy }: ReconcileInput, drafts: readonly DraftChange[], seats: number): readonly Tripped[] {
  const limit = limitFor(policy.gates.massAttribute, seats);
  return (['update', 'role'] as const).flatMap((op) => {
    const held = ofOp(drafts, op);
    const counts = new Map<AttributeName, number>();
    for (const { after } of held) {
      for (const name of Object.keys(after) as AttributeName[]) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].flatMap(([name, value]) =>
      over({
        code: 'mass_attribute',
        op,
        value,
        limit,
        of: seats,
        held,
        who: held.filter(({ after }) => after[name] !== undefined).map(({ personId }) => personId ?? ''),
        what: `${name} changes for ${String(value)} people in one run`,
      }),
    );
  });
}

function contactsTouched({ policy, owned }: ReconcileInput, drafts: readonly DraftChange[]): readonly Tripped[] {
  const held = ofOp(drafts, 'handover');
  const known = [...owned.values()].reduce((sum, { contacts }) => sum + contacts, 0);
  const value = held.reduce((sum, { handover }) => sum + (handover?.contacts ?? 0), 0);
  return over({
    code: 'contacts_touched',
    op: 'handover',
    value,
    limit: limitFor(policy.gates.contactsTouched, known),
    of: known,
    held,
    what: `${String(value)} contacts would change their owner`,
  });
}

/** Nobody becomes an administrator by policy alone. */
function privileged(drafts: readonly DraftChange[], seats: number): readonly Tripped[] {
  return (['create', 'role'] as const).flatMap((op) => {
    const raises = (draft: DraftChange): boolean =>
      draft.op === op && isAdminRole(draft.after.role) && !isAdminRole(draft.before.role);
    const held = drafts.filter(raises);
    return over({
      code: 'privileged',
      op,
      value: held.length,
      limit: 0,
      of: seats,
      held,
      holds: raises,
      what: `${String(held.length)} people would become administrators (${op})`,
    });
  });
}

function over(input: {
  readonly code: GateCode;
  readonly op: ChangeOp;
  readonly window?: Gate['window'];
  readonly value: number;
  readonly limit: number;
  readonly of: number;
  readonly held: readonly DraftChange[];
  readonly holds?: (draft: DraftChange) => boolean;
  readonly who?: readonly string[];
  /** What tripped, without the limit. */
  readonly what: string;
}): readonly Tripped[] {
  const { code, op, value, limit, held, what } = input;
  if (value <= limit) return [];
  const who = input.who ?? held.map((draft) => draft.personId ?? draft.accountId ?? '');
  const count = String(held.length);
  const how = [
    `${what}; the limit is ${String(limit)} (population ${String(input.of)}).`,
    `None of it was committed: ${count} changes of class "${op}" are held, the rest of the plan goes on.`,
    'They stay held until this plan expires or is rejected; a later run looks again.',
    `To let them through once, approve the plan by its hash with override {"gate": "${code}", "count": ${String(value)}, "reason": …}; no limit is changed by that.`,
  ].join(' ');
  return [
    {
      holds: input.holds ?? ((draft) => draft.op === op),
      gate: {
        code,
        limit,
        value,
        of: input.of,
        window: input.window ?? 'run',
        op,
        held: held.length,
        who: who.slice(0, WHO),
        committed: 0,
        notified: [],
        how,
      },
    },
  ];
}

function ofOp(drafts: readonly DraftChange[], op: ChangeOp): readonly DraftChange[] {
  return drafts.filter((draft) => draft.op === op);
}
