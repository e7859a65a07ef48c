import { fold } from '../fold.ts';
import type { Account } from '../identity/account.ts';
import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../identity/attributes.ts';
import { isOwner } from '../identity/protection.ts';
import { assessPerson, leavingAccounts } from './assess.ts';
import { actualOf } from './compare.ts';
import { draftFor, expectedOf } from './draft.ts';
import { evaluateGates } from './gates.ts';
import type { ReconcileInput } from './input.ts';
import type { DraftChange, Gate } from './plan.ts';
import { planRemoval } from './removal.ts';
import { summarise } from './summary.ts';
import { type World, createWorld } from './world.ts';

/** What somebody asks of Drift directly, past what the sources say. */
export type DirectRequest =
  | { readonly kind: 'change'; readonly accountId: string; readonly values: AttributeValues }
  | { readonly kind: 'remove'; readonly accountId: string }
  | { readonly kind: 'erase'; readonly email: string };

export type DirectPlan =
  | {
      readonly kind: 'planned';
      readonly drafts: readonly DraftChange[];
      readonly gates: readonly Gate[];
      readonly summary: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): DirectPlan => ({ kind: 'refused', reason });

/**
 * The plan of a direct operation: the same protections, gates and preconditions as in a reconciliation, without its
 * reason, which is `by`. Nobody's word removes the OWNER, or erases an e-mail that is an agent's.
 */
export function planDirect(input: ReconcileInput, request: DirectRequest, by: string): DirectPlan {
  const world = createWorld(input);
  if (request.kind === 'erase') {
    if (!/^[\x21-\x7e]+$/.test(request.email))
      return refused('The e-mail is not plain ASCII: it could be read as another one.');
    const agent = agentOf(input.accounts, request.email);
    if (agent !== undefined) {
      return refused(`The e-mail is that of agent ${agent.id}: the erasure would take the agent with it.`);
    }
    return planned(input, [
      { ...draftFor('erase', undefined, undefined), before: { email: request.email }, reasons: [by] },
    ]);
  }
  const account = world.account(request.accountId);
  if (account === undefined) return refused('No such agent was there when Drift was last observed; start a run first.');
  const protection = world.protectionOf(account);
  if (protection !== null || isOwner(account)) return refused(protection ?? 'The OWNER is touched by nothing.');
  const [personId] = world.holdersOf(account.id);
  const person = personId === undefined ? {} : { personId };
  if (request.kind === 'remove') {
    const leaving = leavingAccounts(
      world,
      input.persons.map((one) => assessPerson(world, one)),
    );
    const isLeaving = (id: string): boolean => id === account.id || leaving.has(id);
    const removal = planRemoval(world, { account, ...person, reasons: [by], isLeaving });
    const [why] = removal.blocked;
    return why === undefined ? planned(input, removal.drafts) : refused(why);
  }
  if (!account.active) return refused('The agent is not active: what is written would bring nobody back.');
  return planValues(world, account, personId, request.values, by);
}

/** One change for each kind of write that the values need. */
function planValues(
  world: World,
  account: Account,
  personId: string | undefined,
  values: AttributeValues,
  by: string,
): DirectPlan {
  const differing = ATTRIBUTE_RULES.filter(({ name, normalise }) => {
    const wanted = values[name];
    const actual = actualOf(account, name);
    return wanted !== undefined && (actual === undefined || normalise(actual) !== normalise(wanted));
  });
  const { userName } = values;
  if (userName !== undefined && world.named(userName).some(({ id }) => id !== account.id)) {
    return refused('Another agent has that userName or e-mail already.');
  }
  const drafts = (['update', 'rename', 'role'] as const).flatMap((op): readonly DraftChange[] => {
    const names = differing.filter((rule) => rule.op === op).map(({ name }) => name);
    if (names.length === 0) return [];
    const draft = draftFor(op, personId, account);
    return [
      {
        ...draft,
        before: picked(names, (name) => actualOf(account, name)),
        after: picked(names, (name) => values[name]),
        expected: expectedOf(world, account, op),
        reasons: [by],
      },
    ];
  });
  return drafts.length === 0
    ? refused('The agent has these values already; nothing would change.')
    : planned(world.input, drafts);
}

/**
 * The draft as it would be made now, with the gates of now: null where the agent is gone or protected by now, or the
 * e-mail has become an agent's.
 */
export function reconsider(input: ReconcileInput, draft: DraftChange): DraftChange | null {
  const { accountId, before, op } = draft;
  if (op === 'erase') return agentOf(input.accounts, before.email ?? '') === undefined ? draft : null;
  const world = createWorld(input);
  const account = accountId === undefined ? undefined : world.account(accountId);
  if (account === undefined || world.protectionOf(account) !== null || isOwner(account)) return null;
  const { drafts } = evaluateGates(input, [{ ...draft, gates: [] }], []);
  return drafts[0] ?? null;
}

function planned(input: ReconcileInput, drafts: readonly DraftChange[]): DirectPlan {
  const gated = evaluateGates(input, drafts, []);
  return { kind: 'planned', drafts: gated.drafts, gates: gated.gates, summary: summarise(gated.drafts) };
}

/** An agent, bots and the OWNER among them, that has this address in either view. */
export function agentOf(accounts: readonly Account[], email: string): Account | undefined {
  const wanted = fold(email.trim());
  return accounts.find(({ values }) =>
    [values.userName, values.email].some((name) => name !== undefined && fold(name.trim()) === wanted),
  );
}

function picked(
  names: readonly AttributeName[],
  valueOf: (name: AttributeName) => string | undefined,
): AttributeValues {
  return Object.fromEntries(
    names.flatMap((name): [AttributeName, string][] => {
      const value = valueOf(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
