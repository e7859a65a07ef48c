import type { Account } from '../identity/account.ts';
import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../identity/attributes.ts';
import type { Assessment } from './assess.ts';
import { valuesToCreate } from './desired.ts';
import { draftFor, expectedOf } from './draft.ts';
import type { AttributeEntry } from './entry.ts';
import type { DraftChange } from './plan.ts';
import { type Planned, planRemoval } from './removal.ts';
import type { World } from './world.ts';

const NOTHING: Planned = { drafts: [], blocked: [] };

/** `isLeaving`: the account's person has a statement against it; such an account receives nothing. */
export function planChanges(world: World, assessment: Assessment, isLeaving: (accountId: string) => boolean): Planned {
  switch (assessment.situation) {
    case 'UNLINKED_MATCH':
      return planLink(world, assessment);
    case 'ABSENT_IN_TARGET':
      return planCreate(world, assessment);
    case 'OUT_OF_SCOPE':
      return planLeaver(world, assessment, isLeaving);
    // The lifecycle is the headline; what the account says is kept right meanwhile.
    case 'SCHEDULED_LEAVER':
    case 'SOURCE_VANISHED':
    case 'ATTRIBUTE_CONFLICT':
    case 'ATTRIBUTE_DRIFT':
    case 'ATTRIBUTE_PENDING':
      return planAttributes(world, assessment);
    default:
      return NOTHING;
  }
}

function planLink(world: World, { person, match, reasons }: Assessment): Planned {
  const account = match.accountId === undefined ? undefined : world.account(match.accountId);
  if (account === undefined) return NOTHING;
  return {
    blocked: [],
    drafts: [
      {
        ...draftFor('link', person.id, account),
        expected: expectedOf(world, account, 'all'),
        reasons,
        evidence: match.candidates,
        calls: 0,
      },
    ],
  };
}

function planCreate(world: World, { person, desired, reasons }: Assessment): Planned {
  const { userName } = desired.values;
  if (userName === undefined) {
    return blocked('Drift signs in with an e-mail address, and neither userName nor e-mails of the IdP user are one.');
  }
  const [holder] = world.named(userName);
  if (holder !== undefined) {
    return blocked(`Account ${holder.id} has this userName in Drift already; it cannot be given twice.`);
  }
  return {
    blocked: [],
    drafts: [
      {
        ...draftFor('create', person.id, undefined),
        after: valuesToCreate(desired, world.input.policy),
        expected: { exists: false },
        reasons,
      },
    ],
  };
}

function planAttributes(world: World, { person, account, attributes }: Assessment): Planned {
  // A write to an inactive account would carry active: true, and Drift cannot bring anybody back.
  if (account?.active !== true) return NOTHING;
  const due = attributes.filter(
    ({ name, verdict }) => (verdict === 'pending' || verdict === 'unattributed') && isWritten(name),
  );
  const drafts: DraftChange[] = [];
  const refusals: string[] = [];
  for (const op of ['update', 'rename', 'role'] as const) {
    const entries = due.filter(({ name }) => opOf(name) === op);
    if (entries.length === 0) continue;
    const refusal = op === 'rename' ? whyNotRename(world, account, entries) : null;
    if (refusal !== null) {
      refusals.push(refusal);
      continue;
    }
    drafts.push({
      ...draftFor(op, person.id, account),
      before: valuesOf(entries, 'actual'),
      after: valuesOf(entries, 'desired'),
      expected: expectedOf(world, account, op),
      reasons: entries.map(({ name, verdict, attribution }) => `${name}: ${verdict} (${attribution ?? verdict})`),
    });
  }
  return { drafts, blocked: refusals };
}

function planLeaver(
  world: World,
  { person, account, seat }: Assessment,
  isLeaving: (accountId: string) => boolean,
): Planned {
  return account === undefined
    ? NOTHING
    : planRemoval(world, { account, personId: person.id, reasons: [seat.lifecycle.rule], isLeaving });
}

function whyNotRename(world: World, account: Account, entries: readonly AttributeEntry[]): string | null {
  const wanted = entries.find(({ name }) => name === 'userName')?.desired;
  if (wanted === undefined) return 'A rename needs a userName.';
  if (account.disagreements.some((name) => name === 'userName' || name === 'email')) {
    return "Drift's two views contradict each other about the userName; the rename waits until they agree.";
  }
  const holder = world.named(wanted).find(({ id }) => id !== account.id);
  return holder === undefined ? null : `Account ${holder.id} has the wanted userName already; the rename waits.`;
}

function valuesOf(entries: readonly AttributeEntry[], side: 'actual' | 'desired'): AttributeValues {
  const values: Partial<Record<AttributeName, string>> = {};
  for (const entry of entries) {
    const value = entry[side];
    if (value !== undefined) values[entry.name] = value;
  }
  return values;
}

function ruleOf(name: AttributeName): (typeof ATTRIBUTE_RULES)[number] | undefined {
  return ATTRIBUTE_RULES.find((rule) => rule.name === name);
}

function isWritten(name: AttributeName): boolean {
  const strength = ruleOf(name)?.strength;
  return strength === 'enforce' || strength === 'if_blank';
}

function opOf(name: AttributeName): 'update' | 'rename' | 'role' | undefined {
  return ruleOf(name)?.op;
}

function blocked(reason: string): Planned {
  return { drafts: [], blocked: [reason] };
}
