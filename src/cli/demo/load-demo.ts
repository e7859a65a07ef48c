import { readFileSync } from 'node:fs';
import { sampleHrCsv } from './make-sample.ts';

export interface DemoTarget {
  /** Where this process reaches the bridge. */
  readonly url: string;
  /** Where people reach it. */
  readonly publicUrl: string;
  readonly adminToken: string;
  readonly scimToken: string;
  /** What the summary shows of them. */
  readonly shownAdmin: string;
  readonly shownScim: string;
}

interface DemoUser {
  readonly userName: string;
  readonly active: boolean;
}

export interface DemoRun {
  readonly id: string;
  readonly state: string;
  readonly planId: string | null;
}

/** Agents that the demo's Drift begins with: [{name, email, role, phone?}]. */
export function demoAgents(): readonly { name: string; email: string; role: 'ADMIN' | 'MEMBER'; phone?: string }[] {
  return readJson('drift-agents.json') as readonly {
    name: string;
    email: string;
    role: 'ADMIN' | 'MEMBER';
    phone?: string;
  }[];
}

/**
 * Plays the demo's story through the endpoints that an IdP, an HR system and an administrator use: policy, 50 SCIM users,
 * one HR file, two runs (the first links what is there, the second compares). Whatever is there already is left alone.
 */
export async function loadDemo(target: DemoTarget, progress: (line: string) => void): Promise<DemoRun> {
  progress('setting the policy of the demo (verified domain example.com, receiver of handovers)');
  await setPolicy(target);
  const users = readJson('idp-users.json') as readonly DemoUser[];
  progress(`pushing ${String(users.length)} IdP users through /scim/v2/Users`);
  for (const user of users) await pushUser(target, user);
  progress('importing the HR file through /api/v1/feeds/hr/imports');
  const today = new Date().toISOString().slice(0, 10);
  await api(target, 'POST', '/feeds/hr/imports', Buffer.from(sampleHrCsv(today)), { 'content-type': 'text/csv' });
  progress('first run: observe Drift, match, link');
  await run(target);
  progress('second run: compare, plan, apply what policy approves by itself, verify');
  return run(target);
}

async function setPolicy(target: DemoTarget): Promise<void> {
  const now = await api(target, 'GET', '/policy');
  // No grace, so that the road of a leaver can be seen today; the gates keep their defaults.
  const leavers = { ...(now.body['leavers'] as object), endedDays: 0 };
  const policy = {
    ...now.body,
    leavers,
    verifiedDomains: ['example.com'],
    handover: { to: HOLDING_AGENT, successors: {} },
  };
  await api(target, 'PUT', '/policy', policy, { 'if-match': now.etag });
}

/** Who receives what the demo's leavers own. */
export const HOLDING_AGENT = 'priya.raghunathan@example.com';

async function pushUser(target: DemoTarget, user: DemoUser): Promise<void> {
  const response = await fetch(`${target.url}/scim/v2/Users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.scimToken}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify(user),
  });
  await response.arrayBuffer();
  // 409: an earlier start that was cut off had pushed this one already.
  if (response.status !== 201 && response.status !== 409)
    throw new Error(`SCIM POST answered ${String(response.status)}`);
}

async function run(target: DemoTarget): Promise<DemoRun> {
  const { body: started } = await api(target, 'POST', '/runs?wait=60', { scope: 'all' });
  for (let tries = 0; tries < 600; tries += 1) {
    const { body } = await api(target, 'GET', `/runs/${String(started['id'])}`);
    const now = body as unknown as DemoRun;
    if (now.state === 'failed')
      throw new Error(`the run failed: ${JSON.stringify(body['error'] ?? 'no reason given')}`);
    if (['awaiting_approval', 'done', 'partial', 'cancelled'].includes(now.state)) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the run did not end within a minute');
}

export async function api(
  target: DemoTarget,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly body: Record<string, unknown>; readonly etag: string }> {
  const raw = body instanceof Buffer;
  const response = await fetch(`${target.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${target.adminToken}`,
      ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${String(response.status)}: ${String(answer['detail'])}`);
  return { body: answer, etag: response.headers.get('etag') ?? '' };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}
