import { type Call, isEmail, objectBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import type { Agent } from './model.ts';
import { changeAgent, isLive, liveAgent, type Org } from './org.ts';

const AT_ONCE = 20;
const invalid = (message: string): Refusal => restError('validation_error', message);

/** REST users and the read-only teams (Drift API notes 2.2, 2.3). */
export function restUserRoutes(org: Org): readonly Route[] {
  return [
    { method: 'GET', path: '/users/list', scope: 'user_read', handle: () => listAll(org) },
    { method: 'GET', path: '/users', scope: 'user_read', handle: (call) => bulk(org, call) },
    { method: 'PATCH', path: '/users/update', scope: 'user_write', handle: (call) => update(org, call) },
    { method: 'GET', path: '/users/:id', scope: 'user_read', handle: (call) => read(org, call) },
    { method: 'GET', path: '/teams/org', scope: 'user_read', handle: () => ({ status: 200, body: teams(org) }) },
    { method: 'GET', path: '/teams/users/:id', scope: 'user_read', handle: (call) => teamsOf(org, call) },
  ];
}

function restRole(agent: Agent): string {
  switch (agent.role) {
    case 'OWNER':
    case 'ADMIN':
      return 'admin';
    case 'MEMBER':
      return 'member';
    default:
      return 'agent';
  }
}

/** Unset fields are absent, not null (Drift API notes 2.2). */
function restUser(org: Org, agent: Agent): unknown {
  return {
    id: agent.id,
    orgId: org.orgId,
    name: agent.displayName,
    alias: agent.alias,
    email: agent.userName,
    phone: agent.phone,
    locale: agent.locale,
    availability: agent.availability,
    role: restRole(agent),
    timeZone: agent.timeZone,
    avatarUrl: agent.avatarUrl,
    verified: agent.verified,
    bot: agent.bot,
    createdAt: agent.createdAt,
    updatedAt: agent.updatedAt,
  };
}

function shown(org: Org, agent: Agent): boolean {
  return isLive(agent) || org.settings().deletedVisibleInRest;
}

function* listed(org: Org): Generator<Agent> {
  const { applyDelayMs, listLagMs } = org.settings();
  for (const agent of org.store.agents.list(applyDelayMs + listLagMs)) {
    if (shown(org, agent)) yield agent;
  }
}

function seen(org: Org, id: string): Agent | undefined {
  const { applyDelayMs, getLagMs } = org.settings();
  const agent = org.store.agents.seen(id, applyDelayMs + getLagMs);
  return agent !== undefined && shown(org, agent) ? agent : undefined;
}

function listAll(org: Org): Reply {
  return { status: 200, body: { data: Array.from(listed(org), (agent) => restUser(org, agent)) } };
}

function read(org: Org, call: Call): Reply {
  const agent = seen(org, call.params['id'] ?? '');
  if (agent === undefined) throw restError('not_found', 'No user found with this id');
  return { status: 200, body: { data: restUser(org, agent) } };
}

/** A map by id that leaves out the ids it does not know. */
function bulk(org: Org, call: Call): Reply {
  const ids = call.query.getAll('userId');
  if (ids.length === 0 && org.settings().bareUsers === 'refused') throw invalid('userId is required');
  if (ids.length > AT_ONCE) throw invalid(`at most ${AT_ONCE} userId parameters are allowed`);
  const users = ids.flatMap((id) => {
    const agent = seen(org, id);
    return agent === undefined ? [] : [[id, restUser(org, agent)] as const];
  });
  return { status: 200, body: { data: Object.fromEntries(users) } };
}

const TEXT_FIELDS = {
  name: 'displayName',
  alias: 'alias',
  phone: 'phone',
  locale: 'locale',
  avatarUrl: 'avatarUrl',
} as const;

function update(org: Org, call: Call): Reply {
  const id = call.query.get('userId');
  if (id === null || !/^\d{1,15}$/.test(id)) throw invalid('userId is required and must be a number');
  const before = liveAgent(org, Number(id));
  if (before === undefined) throw restError('not_found', 'No user found with this id');
  const body = objectBody(call, invalid);
  const change: Partial<Record<keyof Agent, unknown>> = {};
  for (const [field, own] of Object.entries(TEXT_FIELDS)) {
    const value = body[field];
    if (value === undefined) continue;
    if (typeof value !== 'string' || (field === 'name' && value === '')) throw invalid(`${field} must be a string`);
    change[own] = value === '' ? undefined : value;
  }
  const { email, availability, role } = body;
  if (email !== undefined) change.userName = checkedEmail(org, before, email);
  if (availability !== undefined) {
    if (availability !== 'AVAILABLE' && availability !== 'OFFLINE') {
      throw invalid('availability must be AVAILABLE or OFFLINE');
    }
    change.availability = availability;
  }
  if (role !== undefined && org.settings().roleInRestUpdate === 'refused') throw invalid('role cannot be changed');
  const agent = changeAgent(org, before, change as Partial<Agent>, call.now);
  if (agent.availability !== before.availability) {
    const data = { id: agent.id, availability: agent.availability };
    org.raise({ type: 'user_availability_updated', data });
  }
  return { status: 200, body: { data: restUser(org, agent) }, effect: { kind: 'user.update', id } };
}

/** The one way to rename: the SCIM userName follows. */
function checkedEmail(org: Org, before: Agent, email: unknown): string {
  if (typeof email !== 'string' || !isEmail(email)) throw invalid('email must be a valid e-mail address');
  const holders = org.store.agents.find('userName', email.toLowerCase());
  if (holders.some((other) => other.id !== before.id && isLive(other))) throw invalid('email is used by another user');
  return email;
}

/** One main team that holds everybody but the bots. */
function teams(org: Org): { readonly data: readonly unknown[] } {
  const people = [...listed(org)].filter((agent) => !agent.bot && isLive(agent));
  const owner = people.find((agent) => agent.role === 'OWNER');
  return {
    data: [
      {
        id: 1,
        orgId: org.orgId,
        workspaceId: String(org.orgId),
        name: 'Everyone',
        updatedAt: Math.max(0, ...people.map((agent) => agent.createdAt)),
        members: people.map((agent) => agent.id),
        owner: owner?.id,
        status: 'ENABLED',
        main: true,
        autoOffline: false,
        teamCsatEnabled: false,
        teamAvailabilityMode: 'ALWAYS_ONLINE',
        responseTimerEnabled: false,
      },
    ],
  };
}

function teamsOf(org: Org, call: Call): Reply {
  const agent = seen(org, call.params['id'] ?? '');
  if (agent === undefined) throw restError('not_found', 'No user found with this id');
  return { status: 200, body: agent.bot ? { data: [] } : teams(org) };
}
