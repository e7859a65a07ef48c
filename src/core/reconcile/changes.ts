import type { Account } from '../identity/account.ts';
import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../identity/attributes.ts';
import { isOwner } from '../identity/protection.ts';
import { chooseReceiver } from '../ownership/handover.ts';
import { type HashScope, accountHash } from './account-hash.ts';
import type { Assessment } from './assess.ts';
import { valuesToCreate } from './desired.ts';
import type { AttributeEntry } from './entry.ts';
import type { ChangeOp, DraftChange } from './plan.ts';
import type { World } from './world.ts';

/** What one person's entry asks for, before gates. */
export interface Planned {
  readonly drafts: readonly DraftChange[];
  /** Why something that was asked for is not planned. */
  readonly blocked: readonly string[];
}

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
  if (account === undefined) return NOTHING;
  const contradiction = account.disagreements.find((name) => name === 'userName' || name === 'email');
  if (contradiction !== undefined) {
    return blocked(
      `Drift's two views contradict each other about ${contradiction}: nobody is removed on such a basis.`,
    );
  }
  const owned = world.ownedOf(account);
  const choice = chooseReceiver({
    from: account,
    owned,
    rules: world.input.policy.handover,
    find: (name) => {
      const byId = world.account(name.trim());
      return byId === undefined ? world.named(name) : [byId];
    },
    unfit: (to) => {
      if (isLeaving(to.id)) return 'is leaving itself';
      // The OWNER is touched by nothing, but may be given something where the policy names it.
      return world.protectionOf(to) === null || isOwner(to) ? null : 'is protected';
    },
  });
  if (choice.kind === 'blocked') return { drafts: [], blocked: choice.reasons };
  const contacts = owned.contactsListable
    ? `contacts: ${String(owned.contacts)} owned`
    : `contacts: not listable, ${String(owned.contacts)} known`;
  const reasons = [seat.lifecycle.rule, `accounts: ${String(owned.accounts)} owned; ${contacts}`];
  const expected = expectedOf(world, account, 'all');
  const handovers = (choice.kind === 'chosen' ? choice.shares : []).map((share): DraftChange => ({
    ...draftFor('handover', person.id, account),
    handover: { from: account.id, to: share.to.id, accounts: share.accounts, contacts: share.contacts },
    expected,
    reasons: choice.kind === 'chosen' ? [`receiver: ${choice.rule}`, ...reasons] : reasons,
    calls: share.accounts + share.contacts,
  }));
  return {
    blocked: [],
    drafts: [
      ...handovers,
      { ...draftFor('deprovision', person.id, account), before: account.values, expected, reasons },
    ],
  };
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

const REVERSIBILITY: Readonly<Record<ChangeOp, DraftChange['reversibility']>> = {
  link: 'reversible',
  // A seat can only be taken back by a removal, which uses the identity up (Drift API notes 4.3).
  create: 'compensable',
  update: 'reversible',
  rename: 'reversible',
  role: 'reversible',
  handover: 'compensable',
  deprovision: 'irreversible',
  accept_drift: 'reversible',
};

function draftFor(op: ChangeOp, personId: string, account: Account | undefined): DraftChange {
  return {
    op,
    personId,
    ...(account === undefined ? {} : { accountId: account.id }),
    before: {},
    after: {},
    expected: { exists: account !== undefined },
    reasons: [],
    evidence: [],
    reversibility: REVERSIBILITY[op],
    gates: [],
    calls: 1,
  };
}

function expectedOf(world: World, account: Account, scope: HashScope): DraftChange['expected'] {
  return { exists: true, hash: accountHash(account, world.input.hash, scope) };
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
