import { type Call, objectBody, type Reply, type Route, scimError } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { Agent } from './model.ts';
import { changeAgent, isLive, nextAgentId, type Org, putAgent, removeAgent } from './org.ts';
import { PATCH_OP, patchOpToPartial, readUser, type UserInput } from './scim-input.ts';
import { restIdOf, scimList, scimUser } from './scim-shape.ts';
import { once } from './table.ts';

/** SCIM users (Drift API notes 2.1, 6.4). No documented scope guards them: any valid token passes. */
export function scimUserRoutes(org: Org): readonly Route[] {
  const routes = [
    { method: 'GET', path: '/Users', handle: (call: Call) => list(org, call) },
    { method: 'POST', path: '/Users', handle: (call: Call) => create(org, call) },
    { method: 'GET', path: '/Users/:id', handle: (call: Call) => read(org, call) },
    { method: 'PUT', path: '/Users/:id', handle: (call: Call) => replace(org, call) },
    { method: 'PATCH', path: '/Users/:id', handle: (call: Call) => modify(org, call) },
    { method: 'DELETE', path: '/Users/:id', handle: (call: Call) => remove(org, call) },
  ];
  return ['/scim', '/scim/v2'].flatMap((base) =>
    routes.map((route) => ({
      ...route,
      path: base + route.path,
      handle: (call: Call): Reply => {
        const settings = org.settings();
        if (settings.scimPath !== 'both' && settings.scimPath !== base) throw scimError(404, 'No such resource');
        if (!settings.scimEntitled) {
          throw scimError(settings.scimRefusalStatus, 'SCIM is not enabled for this organisation');
        }
        return { scim: true, ...route.handle(call) };
      },
    })),
  );
}

function list(org: Org, call: Call): Reply {
  const settings = org.settings();
  const integer = (name: string, otherwise: number): number => {
    const text = call.query.get(name);
    if (text === null || text === '') return otherwise;
    if (!/^-?\d{1,9}$/.test(text)) throw scimError(400, `${name} must be an integer`, 'invalidValue');
    return Number(text);
  };
  const startIndex = Math.max(1, integer('startIndex', 1));
  const count = Math.min(settings.serverPageCap, Math.max(0, integer('count', settings.serverPageCap)));
  const lagMs = settings.applyDelayMs + settings.listLagMs;
  const userName = settings.filterHonoured ? filterOf(call.query.get('filter')) : null;
  const found =
    userName === null
      ? liveOnes(org.store.agents.list(lagMs))
      : org.store.agents.findSeen('userName', userName, lagMs).filter(isLive);
  const page = found.slice(startIndex - 1, startIndex - 1 + count).map((agent) => scimUser(agent, settings, 'list'));
  return { status: 200, body: scimList(page, found.length, startIndex) };
}

const liveOnes = once((agents: readonly Agent[]) => agents.filter(isLive));

/** The folded userName that is asked for; null: no filter. Only `userName eq "…"` is known to work; anything else is refused. */
function filterOf(filter: string | null): string | null {
  if (filter === null || filter === '') return null;
  const quoted = /^\s*userName\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i.exec(filter)?.[1];
  if (quoted === undefined)
    throw scimError(400, 'Only filters of the form userName eq "…" are supported', 'invalidFilter');
  try {
    return (JSON.parse(quoted) as string).toLowerCase();
  } catch {
    throw scimError(400, 'The filter value is not a valid string', 'invalidFilter');
  }
}

function read(org: Org, call: Call): Reply {
  const settings = org.settings();
  const id = restIdOf(call.params['id'] ?? '', settings);
  const agent = id === undefined ? undefined : org.store.agents.seen(id, settings.applyDelayMs + settings.getLagMs);
  if (agent === undefined || !isLive(agent)) throw noSuchUser();
  return { status: 200, body: scimUser(agent, settings, 'single') };
}

const noSuchUser = () => scimError(404, 'User not found');

/** The agent that a write addresses: writers see the truth. */
function target(org: Org, call: Call): Agent {
  const id = restIdOf(call.params['id'] ?? '', org.settings());
  const agent = id === undefined ? undefined : org.store.agents.latest(id);
  if (agent === undefined || !isLive(agent)) throw noSuchUser();
  return agent;
}

function scimBody(call: Call): JsonObject {
  if (call.mediaType !== 'application/json' && call.mediaType !== 'application/scim+json') {
    throw scimError(415, 'Content-Type must be application/json or application/scim+json');
  }
  return objectBody(call, (problem) => scimError(400, problem, 'invalidSyntax'));
}

function create(org: Org, call: Call): Reply {
  const settings = org.settings();
  const input = readUser(scimBody(call), settings.roleIds);
  const { userName, displayName } = required(input);
  if (settings.strictEmail && typeof input.email !== 'string') {
    throw scimError(400, 'at least one email is required', 'invalidValue');
  }
  if (input.role === 'OWNER') throw ownerNotAssignable();
  const folded = userName.toLowerCase();
  for (const agent of org.store.agents.find('userName', folded)) {
    if (isLive(agent) && settings.duplicateUser === 'refused') {
      throw scimError(409, `A user with userName ${userName} already exists`, 'uniqueness');
    }
    // Re-provisioning a removed user is not supported (Drift API notes 4.3).
    if (!isLive(agent) && settings.recreate === 'refused') {
      throw scimError(
        settings.recreateStatus,
        `User ${userName} was deleted and cannot be provisioned again`,
        'uniqueness',
      );
    }
  }
  if (settings.seatLimit !== null && seatsTaken(org) >= settings.seatLimit) {
    throw scimError(403, 'No seats are left in your plan');
  }
  const agent: Agent = {
    id: nextAgentId(org),
    userName,
    displayName,
    ...optionals(input),
    availability: 'OFFLINE',
    role: input.role ?? 'MEMBER',
    verified: false,
    bot: false,
    createdAt: call.now,
    updatedAt: call.now,
  };
  putAgent(org, agent, call.now);
  return {
    status: 201,
    body: scimUser(agent, settings, 'single'),
    effect: { kind: 'scim.create', id: String(agent.id) },
  };
}

function seatsTaken(org: Org): number {
  let seats = 0;
  for (const agent of org.store.agents.all()) if (isLive(agent) && !agent.bot) seats += 1;
  return seats;
}

function required(input: UserInput): { readonly userName: string; readonly displayName: string } {
  if (typeof input.userName !== 'string') throw scimError(400, 'userName is required', 'invalidValue');
  if (typeof input.displayName !== 'string') throw scimError(400, 'displayName is required', 'invalidValue');
  return { userName: input.userName, displayName: input.displayName };
}

const ownerNotAssignable = () => scimError(400, 'The role OWNER cannot be assigned', 'invalidValue');

/** The optional attributes, those not mentioned as undefined: what a replace leaves behind. */
function optionals(input: UserInput): Pick<Agent, 'givenName' | 'familyName' | 'phone' | 'locale'> {
  return {
    givenName: input.givenName ?? undefined,
    familyName: input.familyName ?? undefined,
    phone: input.phone ?? undefined,
    locale: input.locale ?? undefined,
  };
}

/** PUT clears every optional that the body omits, the role included; `active` alone stays. */
function replace(org: Org, call: Call): Reply {
  const before = target(org, call);
  const input = readUser(scimBody(call), org.settings().roleIds);
  const { userName, displayName } = required(input);
  if (deactivates(org, input)) return deactivate(org, before, call);
  const role = checkedRole(before, input.role ?? 'MEMBER');
  const change = { displayName, role, ...optionals(input), ...renamed(org, before, userName) };
  const agent = changeAgent(org, before, change, call.now);
  const effect = { kind: 'scim.replace', id: String(agent.id) } as const;
  return { status: 200, body: scimUser(agent, org.settings(), 'single'), effect };
}

function modify(org: Org, call: Call): Reply {
  const settings = org.settings();
  const before = target(org, call);
  const body = scimBody(call);
  const schemas = Array.isArray(body['schemas']) ? (body['schemas'] as unknown[]) : [];
  const isPatchOp = 'Operations' in body || schemas.includes(PATCH_OP);
  if (settings.patchDialect === (isPatchOp ? 'partial' : 'patchop')) {
    throw scimError(400, isPatchOp ? 'Send a partial user' : 'Send a PatchOp', 'invalidSyntax');
  }
  const input = readUser(isPatchOp ? patchOpToPartial(body) : body, settings.roleIds);
  if (deactivates(org, input)) return deactivate(org, before, call);
  if (input.userName === null || input.displayName === null) {
    throw scimError(400, 'userName and displayName cannot be removed', 'invalidValue');
  }
  const change: Partial<Agent> = {
    ...('givenName' in input && { givenName: input.givenName ?? undefined }),
    ...('familyName' in input && { familyName: input.familyName ?? undefined }),
    ...('phone' in input && { phone: input.phone ?? undefined }),
    ...('locale' in input && { locale: input.locale ?? undefined }),
    ...(input.displayName !== undefined && { displayName: input.displayName }),
    ...('role' in input && { role: checkedRole(before, input.role ?? 'MEMBER') }),
    ...(input.userName !== undefined && renamed(org, before, input.userName)),
  };
  const agent = changeAgent(org, before, change, call.now);
  const effect = { kind: 'scim.patch', id: String(agent.id) } as const;
  return { status: 200, body: scimUser(agent, settings, 'single'), effect };
}

/** The OWNER keeps the role and nobody else gets it. */
function checkedRole(before: Agent, role: Agent['role']): Agent['role'] {
  if (before.role === 'OWNER' && role !== 'OWNER') throw scimError(403, 'The account owner cannot be demoted');
  if (before.role !== 'OWNER' && role === 'OWNER') throw ownerNotAssignable();
  return role;
}

function renamed(org: Org, before: Agent, userName: string): Partial<Agent> {
  if (org.settings().scimRename === 'ignored' || userName === before.userName) return {};
  const holders = org.store.agents.find('userName', userName.toLowerCase());
  if (holders.some((other) => other.id !== before.id && isLive(other))) {
    throw scimError(409, `A user with userName ${userName} already exists`, 'uniqueness');
  }
  return { userName };
}

/** In Drift, false here is deletion (Drift API notes 3, "meaning of deactivate"). */
function deactivates(org: Org, input: UserInput): boolean {
  const { deactivateBy } = org.settings();
  return (
    (input.isActive === false && deactivateBy !== 'active') || (input.active === false && deactivateBy !== 'isActive')
  );
}

function deactivate(org: Org, agent: Agent, call: Call): Reply {
  if (agent.role === 'OWNER') throw scimError(403, 'The account owner cannot be deactivated');
  removeAgent(org, agent, call.now);
  const body = scimUser({ ...agent, deletedAt: call.now }, org.settings(), 'single');
  return { status: 200, body, effect: { kind: 'scim.delete', id: String(agent.id) } };
}

function remove(org: Org, call: Call): Reply {
  const agent = target(org, call);
  if (agent.role === 'OWNER') throw scimError(403, 'The account owner cannot be deleted');
  removeAgent(org, agent, call.now);
  return { status: 204, effect: { kind: 'scim.delete', id: String(agent.id) } };
}
