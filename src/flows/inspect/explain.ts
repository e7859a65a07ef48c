import type { PersonState } from '../../core/identity/person.ts';
import type { Change } from '../plan-port.ts';
import type { PersonDetail } from '../people-port.ts';
import type { Run, StoredEntry } from '../run-port.ts';

export const EXPLAIN_STEPS = ['import', 'scope', 'match', 'compare', 'gate', 'apply', 'verify'] as const;

/** One stop of the road, in sentences. */
export interface ExplainStep {
  readonly step: (typeof EXPLAIN_STEPS)[number];
  readonly says: readonly string[];
}

/** What is stored of the person, in the order of the road. Nothing is worked out anew: it says what was decided. */
export interface Facts {
  readonly person: PersonDetail;
  readonly latest: { readonly run: Run | null; readonly entry: StoredEntry } | null;
  readonly changes: readonly Change[];
}

export function explainSteps({ person, latest, changes }: Facts): readonly ExplainStep[] {
  const entry = latest?.entry.entry;
  return [
    { step: 'import', says: sourcesSay(person.state) },
    { step: 'scope', says: entry === undefined ? [NOT_YET] : [lifecycleSays(entry.lifecycle)] },
    { step: 'match', says: matchSays(person, entry) },
    {
      step: 'compare',
      says:
        entry === undefined
          ? [NOT_YET]
          : [
              `Situation ${entry.situation}${entry.flags.length === 0 ? '' : ` (${entry.flags.join(', ')})`}.`,
              ...entry.reasons,
              ...differences(entry),
            ],
    },
    { step: 'gate', says: gatesSay(changes) },
    { step: 'apply', says: changes.length === 0 ? ['No change was planned.'] : changes.map(changeSays) },
    { step: 'verify', says: verifySays(changes) },
  ];
}

const NOT_YET = 'No run has looked at this person yet.';

function sourcesSay({ idp, hr, duplicates }: PersonState): readonly string[] {
  const says: string[] = [];
  if (idp !== undefined) says.push(`The identity provider says "${idp.state}" since ${idp.since}.`);
  if (hr !== undefined) {
    const missing =
      hr.missingFiles === 0
        ? ''
        : `; missing from ${hr.missingFiles} complete files since ${hr.missingSince ?? hr.since}`;
    const end = hr.record.end === undefined ? '' : `, last day ${hr.record.end}`;
    says.push(`The HR feed "${hr.feed}" says "${hr.record.status}"${end}; the row is ${hr.state}${missing}.`);
  }
  if (says.length === 0) says.push('No source says anything of this person now.');
  if (duplicates.length > 0) says.push(`More than one live record claims this person: ${duplicates.join(', ')}.`);
  return says;
}

function lifecycleSays({ expected, effective, dueAt, rule }: StoredEntry['entry']['lifecycle']): string {
  const since = effective === undefined ? '' : ` as of ${effective}`;
  const due = dueAt === undefined ? '' : ` Removal may be planned from ${dueAt} on.`;
  return `Expected in Drift: ${expected}${since}. ${rule}${due}`;
}

function matchSays({ links }: PersonDetail, entry: StoredEntry['entry'] | undefined): readonly string[] {
  const linked = links.map(
    (link) =>
      `Linked to account ${link.accountId} by rule ${link.rule} with confidence ${link.confidence}${link.pinned ? ', pinned by a person' : ''}.`,
  );
  const candidates = (entry?.candidates ?? []).map(({ accountId, confidence, rule, evidence }) => {
    const why = evidence.map(({ feature, weight, note }) => `${feature} ${weight > 0 ? '+' : ''}${weight} (${note})`);
    return `Candidate ${accountId} by rule ${rule}, confidence ${confidence}: ${why.join('; ')}.`;
  });
  const says = [...linked, ...candidates];
  return says.length === 0 ? ['Not linked to an account of Drift, and no candidate was found.'] : says;
}

function differences({ attributes }: StoredEntry['entry']): readonly string[] {
  return attributes
    .filter(({ verdict }) => verdict !== 'in_sync' && verdict !== 'unmanaged' && verdict !== 'not_comparable')
    .map(
      ({ name, verdict, attribution }) => `${name}: ${verdict}${attribution === undefined ? '' : ` (${attribution})`}.`,
    );
}

function gatesSay(changes: readonly Change[]): readonly string[] {
  const held = changes.filter(({ gates }) => gates.length > 0);
  if (changes.length === 0) return ['There was nothing for a gate to hold.'];
  if (held.length === 0) return ['No gate held the changes of this person.'];
  return held.map(({ op, gates, state }) => `${op}: gate ${gates.join(', ')} (now ${state}).`);
}

function changeSays({ op, state, outcome }: Change): string {
  return `${op}: ${state}${outcome === undefined ? '' : ` (${outcome.code}: ${outcome.detail})`}.`;
}

function verifySays(changes: readonly Change[]): readonly string[] {
  const verified = changes
    .filter(({ state }) => state === 'verified')
    .map(({ op }) => `${op}: read back and found as planned.`);
  const unknown = changes
    .filter(({ state }) => state === 'unknown')
    .map(({ op }) => `${op}: the answer was lost; it is read back after the settle time, never repeated blindly.`);
  const says = [...verified, ...unknown];
  return says.length === 0 ? ['Nothing to read back.'] : says;
}

/** What happens next, and who has to do it. */
export function whatNext({ latest, changes }: Facts): string {
  if (latest === null) return 'The next run looks at this person.';
  const { entry } = latest.entry;
  const of = (state: Change['state']): Change | undefined => changes.find((change) => change.state === state);
  const held = of('held');
  if (held !== undefined) {
    return `Gate ${held.gates.join(', ')} holds the ${held.op}: a person with scope "approve" approves plan pln_${held.planId} by its hash with an override, or lets it expire.`;
  }
  const waiting = of('planned');
  if (waiting !== undefined && latest.run?.speculative !== true) {
    return `The ${waiting.op} waits for an approval of plan pln_${waiting.planId}.`;
  }
  const active = of('approved') ?? of('leased') ?? of('unknown');
  if (active !== undefined) return `The ${active.op} is approved and is being applied or read back.`;
  const failed = of('failed');
  if (failed !== undefined)
    return `The ${failed.op} failed (${failed.outcome?.code ?? 'no code'}): a person looks at it; the next run plans it anew if it is still due.`;
  if (of('stale') !== undefined) return 'What the plan was made on has changed meanwhile; the next run plans anew.';
  if (entry.disposition === 'not_due' && entry.lifecycle.dueAt !== undefined) {
    return `Nothing before ${entry.lifecycle.dueAt}; a run after that plans handover and removal.`;
  }
  if (entry.disposition === 'blocked') return 'Nothing by itself: a person has to decide (see the reasons).';
  if (entry.disposition === 'none') return 'Nothing: the account is as it should be until a source says something new.';
  return 'The next run looks again.';
}
