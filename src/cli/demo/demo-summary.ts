import { api, type DemoTarget } from './load-demo.ts';

interface Named {
  readonly name?: string | null;
  readonly userName: string | null;
}

interface Entry {
  readonly situation: string;
  readonly person: Named | null;
  readonly account: { readonly userName: string | null } | null;
  readonly lifecycle: { readonly rule: string; readonly dueAt: string | null };
  readonly flags: readonly string[];
  readonly reasons: readonly string[];
}

interface Change {
  readonly op: string;
  readonly state: string;
  readonly person: Named | null;
  readonly after: Readonly<Record<string, string>>;
  readonly before: Readonly<Record<string, string>>;
  readonly handover?: { readonly accounts: number; readonly contacts: number } | null;
}

interface Agent {
  readonly owned: { readonly accounts: number; readonly contacts: number };
}

interface Run {
  readonly id: string;
  readonly population: number;
  readonly situations: Readonly<Record<string, number>>;
  readonly gates: readonly {
    readonly code: string;
    readonly how: string;
    readonly held: number;
    readonly limit: number;
  }[];
  readonly plan: {
    readonly id: string;
    readonly hash: string;
    readonly summary: string;
    readonly counts: Counts;
  } | null;
  readonly drift: { readonly calls: number; readonly minimum: number };
}

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface ImportRow {
  readonly rows: Readonly<Record<string, number>>;
  readonly detected: Readonly<Record<string, unknown>>;
}

/** What a situation means, for somebody who reads the word for the first time. */
const MEANING: Readonly<Record<string, string>> = {
  PROTECTED: 'owner, bots and named accounts: never touched',
  UNDECIDED_SOURCE: 'a source is stale or held: nothing is decided',
  QUARANTINED: 'the HR row is bad; the person counts as present',
  DUPLICATE_SOURCE: 'two records claim the same person',
  AMBIGUOUS: 'more than one agent could be this person',
  WEAK_MATCH: 'an agent may be this person; somebody should say',
  UNLINKED_MATCH: 'an agent is this person: link them',
  ABSENT_IN_TARGET: 'wants a seat and has none',
  REPROVISION_REFUSED: 'was deleted in Drift once; a person decides',
  SCHEDULED_JOINER: 'starts later',
  SCHEDULED_LEAVER: 'leaves later',
  IN_GRACE: 'has left; the grace period runs',
  SOURCE_VANISHED: 'was in the file before, and is not any more',
  OUT_OF_SCOPE: 'has left and is due: handover, then removal',
  SOURCES_DISAGREE: 'HR and IdP contradict each other',
  ORPHAN_IN_TARGET: 'an agent that nobody knows: reported, never deleted',
  ATTRIBUTE_PENDING: 'the sources changed something',
  ATTRIBUTE_DRIFT: 'Drift was changed by somebody else',
  ATTRIBUTE_CONFLICT: 'both sides changed the same thing',
  IN_SYNC: 'nothing to do',
  NOT_REQUIRED: 'has no seat and wants none',
};

const SIGN: Readonly<Record<string, string>> = {
  link: '=',
  create: '+',
  update: '~',
  rename: '~',
  role: '~',
  handover: '>',
  deprovision: '-',
};

/** The demo's shop window: what is true, what was done, what is held and why, and how to go on. */
export async function demoSummary(target: DemoTarget, runId: string, colour: boolean): Promise<string> {
  const paint = colour
    ? (code: number, text: string) => `\u001b[${String(code)}m${text}\u001b[0m`
    : (_: number, text: string) => text;
  const bold = (text: string): string => paint(1, text);
  const dim = (text: string): string => paint(2, text);
  const run = (await api(target, 'GET', `/runs/${runId}`)).body as unknown as Run;
  const entries = await all<Entry>(target, `/runs/${runId}/entries`);
  const changes = run.plan === null ? [] : await all<Change>(target, `/plans/${run.plan.id}/changes`);
  const imports = await all<ImportRow>(target, '/imports');
  const agents = await all<Agent>(target, '/agents');
  const owned = (of: keyof Agent['owned']): string =>
    agents.reduce((sum, agent) => sum + agent.owned[of], 0).toLocaleString('en-GB');
  const lines: string[] = [];
  const section = (title: string): void => void lines.push('', bold(title));

  lines.push(
    '',
    bold('Drift SCIM bridge: demo mode.') + ' Everybody here is invented, and nothing can reach a real Drift.',
  );
  section('Three truths about the same people');
  lines.push(
    `  HR feed     ${imports.map(({ rows, detected }) => `${n(rows, 'read')} rows of a ${String(detected['preset'])} export (${String(detected['encoding'])}): ${n(rows, 'accepted')} accepted, ${n(rows, 'warned')} warned, ${n(rows, 'quarantined')} quarantined`).join('; ')}`,
    `  IdP         ${String(entries.filter(({ person }) => person?.userName !== null && person !== null).length)} users, pushed through /scim/v2`,
    `  Drift       ${String(agents.length)} agents (the owner and a bot among them), who own ${owned('accounts')} accounts and ${owned('contacts')} contacts (a simulator; contact listing and contact ownerId are on)`,
  );

  const linked = Object.values((await firstRun(target))?.plan?.counts['link'] ?? {}).reduce(
    (sum, count) => sum + count,
    0,
  );
  if (linked > 0) {
    lines.push(
      `  The first run found that ${String(linked)} agents are people whom the sources know (same e-mail in a verified domain), and linked them.`,
    );
  }

  section(`What is true: ${String(run.population)} people and unlinked agents, each counted once`);
  const most = Math.max(...Object.values(run.situations));
  for (const [code, count] of Object.entries(run.situations).sort(([, a], [, b]) => b - a)) {
    const bar = '█'.repeat(Math.max(1, Math.round((count / most) * 20)));
    lines.push(
      `  ${code.padEnd(20)}${String(count).padStart(4)}  ${paint(36, bar.padEnd(21))}${dim(MEANING[code] ?? '')}`,
    );
  }
  const total = Object.values(run.situations).reduce((sum, count) => sum + count, 0);
  lines.push(`  ${''.padEnd(20)}${'─'.repeat(4)}`, `  ${'together'.padEnd(20)}${String(total).padStart(4)}`);

  if (run.plan !== null) {
    section(run.plan.summary);
    for (const [op, states] of Object.entries(run.plan.counts)) {
      lines.push(
        `  ${paint(op === 'deprovision' ? 31 : 32, SIGN[op] ?? '*')} ${op.padEnd(12)} ${Object.entries(states)
          .map(([state, count]) => `${String(count)} ${stateInWords(op, state)}`)
          .join(', ')}`,
      );
    }
    for (const gate of run.gates) lines.push('', `  ${paint(33, `Gate "${gate.code}"`)} ${wrap(gate.how, 2)}`);
  }

  const leavers = changes.filter(({ op }) => op === 'deprovision' || op === 'handover');
  const graces = entries.filter(({ situation }) => situation === 'IN_GRACE');
  if (leavers.length + graces.length > 0) section('Who would go, and what happens to their customers');
  for (const change of leavers) {
    lines.push(
      change.op === 'handover'
        ? `  > ${nameOf(change.person)}: ${String(change.handover?.accounts ?? 0)} accounts and ${String(change.handover?.contacts ?? 0)} contacts go to another agent first`
        : `  - ${nameOf(change.person)}: then one DELETE, which Drift never takes back; waits for your approval`,
    );
  }
  for (const { person, lifecycle } of graces) {
    lines.push(`  . ${nameOf(person)}: keeps the seat until ${lifecycle.dueAt?.slice(0, 10) ?? 'grace ends'}`);
  }

  const odd = entries.filter(({ situation }) =>
    [
      'QUARANTINED',
      'WEAK_MATCH',
      'AMBIGUOUS',
      'SOURCES_DISAGREE',
      'ORPHAN_IN_TARGET',
      'SCHEDULED_JOINER',
      'SCHEDULED_LEAVER',
    ].includes(situation),
  );
  if (odd.length > 0) section('Worth a look');
  for (const { situation, person, account, reasons } of odd.slice(0, 10)) {
    lines.push(
      `  ${situation.padEnd(17)} ${(person === null ? (account?.userName ?? '') : nameOf(person)).padEnd(32)} ${dim(reasons[0] ?? '')}`,
    );
  }

  section('Go on, in another terminal');
  const plan = run.plan;
  lines.push(
    `  export BRIDGE_URL=${target.publicUrl} BRIDGE_ADMIN_TOKEN=${target.shownAdmin}`,
    ...(plan === null
      ? []
      : [
          `  npx bridge plan show ${plan.id}`,
          `  npx bridge plan approve ${plan.id} --hash ${plan.hash.slice(0, 12)} --class handover --class deprovision --apply --wait`,
        ]),
    `  npx bridge explain "${nameOf(leavers[0]?.person ?? null)}"`,
    `  curl -s ${target.publicUrl}/api/v1/runs/${run.id} -H "Authorization: Bearer $BRIDGE_ADMIN_TOKEN" -H "Accept: text/html" > report.html`,
    '  npx bridge --help',
    '',
    `  ${target.publicUrl}/ names all addresses; an IdP would push to ${target.publicUrl}/scim/v2 with ${target.shownScim}`,
    dim(
      `  Drift calls of this run: ${String(run.drift.calls)} (the fewest possible: ${String(run.drift.minimum)}). Stop with Ctrl-C; the next start goes on here.`,
    ),
    '',
  );
  return lines.join('\n');
}

async function firstRun(target: DemoTarget): Promise<Pick<Run, 'plan'> | undefined> {
  const runs = await all<Pick<Run, 'plan'>>(target, '/runs');
  return runs.at(-1);
}

function stateInWords(op: string, state: string): string {
  const words: Readonly<Record<string, string>> = {
    verified: op === 'link' ? 'linked' : 'applied and verified',
    held: 'held by a gate',
    planned: 'waiting for your approval',
    done: 'applied',
  };
  return words[state] ?? state;
}

function nameOf(person: Named | null): string {
  return person?.name ?? person?.userName ?? 'somebody';
}

function n(counts: Readonly<Record<string, number>>, key: string): string {
  return String(counts[key] ?? 0);
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

async function all<T>(target: DemoTarget, path: string): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await api(
      target,
      'GET',
      `${path}?limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    items.push(...(body['items'] as readonly T[]));
    cursor = (body['next'] as string | null | undefined) ?? null;
  }
  return items;
}
