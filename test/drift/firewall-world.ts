import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import type { Permits } from '../../src/drift/sender.ts';
import { clientAt, json, type Received, type RecordingServer, startRecording } from './recording-server.ts';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const USER_URN = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const FULL = {
  schemas: [USER_URN],
  userName: 'ann@example.com',
  displayName: 'Ann Example',
  active: true as const,
};

export const operations = (...Operations: unknown[]): unknown => ({ schemas: [PATCH_OP], Operations });

// An oracle that shares nothing with the firewall judges what a real server received.

/** A Java-like reader: case does not count, neither do separators; it looks everywhere. */
const saysActive = (name: string): boolean => /activ/i.test(name.replaceAll('ı', 'i').replaceAll('İ', 'i'));

/** Any word on activity that is not exactly `active: true` or `isActive: true`. */
function deactivates(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(deactivates);
  const entries = Object.entries(value as Record<string, unknown>);
  const path = entries.find(([key]) => key.toLowerCase() === 'path')?.[1];
  const inner = entries.find(([key]) => key.toLowerCase() === 'value')?.[1];
  if (typeof path === 'string' && saysActive(path) && inner !== true) return true;
  return entries.some(([key, one]) => (saysActive(key) && one !== true) || deactivates(one));
}

function makesOwner(value: unknown): boolean {
  if (typeof value === 'string') return value.trim().toUpperCase() === 'OWNER';
  return typeof value === 'object' && value !== null && Object.values(value).some(makesOwner);
}

/** What Drift might take for the end of a seat, or for a new OWNER. */
export function isHarm({ method, target, body }: Received): boolean {
  if (method === 'GET') return false;
  const path = decodeURIComponent(decodeURIComponent(target)).toLowerCase();
  if (/gdpr\/delete/.test(path)) return true;
  if (method === 'DELETE' && /scim|users|agents/.test(path)) return true;
  if (!/scim|users/.test(path)) return false;
  const parsed: unknown = body === '' ? null : JSON.parse(body);
  const roles = (parsed as { readonly roles?: unknown } | null)?.roles;
  return (
    deactivates(parsed) || makesOwner(roles) || makesOwner((parsed as { Operations?: unknown } | null)?.Operations)
  );
}

/** A client before a real server. Call it inside `describe`; every test finds an empty server and no permit. */
export function firewallWorld(): {
  readonly server: () => RecordingServer;
  readonly client: () => DriftClient;
  /** What the permits were asked, in order. */
  readonly asked: unknown[];
  grant: Permits['deprovision'];
  erase: Permits['erase'];
  /** The call fails by a precise error, and the server has received nothing. */
  readonly stopped: (call: Promise<unknown>) => Promise<void>;
} {
  let server: RecordingServer | undefined;
  let client: DriftClient | undefined;
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the world exists only while the suite runs');
    return value;
  };
  const world = {
    server: () => started(server),
    client: () => started(client),
    asked: [] as unknown[],
    grant: (async () => false) as Permits['deprovision'],
    erase: (async () => false) as Permits['erase'],
    stopped: async (call: Promise<unknown>): Promise<void> => {
      await expect(call).rejects.toMatchObject({ name: 'DomainError', code: /^(drift\.firewall|request\.invalid)$/ });
      expect(started(server).received).toEqual([]);
    },
  };
  beforeAll(async () => {
    server = await startRecording(json(200, { id: '7', userName: 'ann@example.com', displayName: 'Ann' }));
    client = clientAt(server.url, {
      permits: {
        deprovision: (proof) => {
          world.asked.push(proof);
          return world.grant(proof);
        },
        erase: (proof) => {
          world.asked.push(proof);
          return world.erase(proof);
        },
      },
    });
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
  });
  beforeEach(() => {
    started(server).received.length = 0;
    world.asked.length = 0;
    world.grant = async () => false;
    world.erase = async () => false;
  });
  return world;
}
