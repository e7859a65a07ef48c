import { afterEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type Bridge, type Home, makeHome, startBridge, storeKinds } from '../support/bridge-process.ts';
import { deactivations, driver, effects, employees, hrCsv, scimUser } from '../support/journey.ts';

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

async function begin(
  kind: 'sqlite' | 'postgres',
  scimPath: '/scim/v2' | '/scim',
): Promise<{ simulator: Simulator; bridge: Bridge; home: Home }> {
  const simulator = await startSimulator({
    settings: { scimPath, ratePerMinute: 0, contactListing: 'cursor', contactOwnerId: 'stored' },
  });
  cleanup.push(() => simulator.close());
  const home = await makeHome(kind);
  cleanup.push(() => home.remove());
  const bridge = await startBridge(home, {
    DRIFT_BASE_URL: simulator.url,
    DRIFT_TOKEN: simulator.token,
    DRIFT_RATE_PER_MINUTE: '6000',
    DRIFT_SETTLE_MS: '450',
  });
  cleanup.push(() => bridge.stop());
  return { simulator, bridge, home };
}

const times = (n: number, text: string): readonly string[] => Array.from({ length: n }, () => text);

for (const kind of storeKinds()) {
  for (const scimPath of ['/scim/v2', '/scim'] as const) {
    describe(`first run on ${kind}, Drift at ${scimPath}`, () => {
      it('takes 50 people from SCIM and HR to Drift, changes one, and lets one go without losing a customer', async () => {
        const { simulator, bridge } = await begin(kind, scimPath);
        simulator.seed({
          users: [
            { email: 'owner@example.com', name: 'Olive Owner', role: 'OWNER' },
            { email: 'holding@example.com', name: 'Holding Agent', role: 'MEMBER' },
          ],
        });
        const { api, scim, policy, run, plan, changes, settled } = driver(bridge.url);
        const people = employees(50);
        await policy((document) => ({
          ...document,
          verifiedDomains: ['example.com'],
          leavers: { endedDays: 0, vanishedFiles: 3, vanishedDays: 3 },
          handover: { to: 'holding@example.com', successors: {} },
        }));

        // Intake is instant and never asks Drift.
        const ids: string[] = [];
        for (const person of people) {
          const created = await scim<{ id: string }>('POST', '/Users', scimUser(person));
          expect(created.status).toBe(201);
          ids.push(created.body.id);
        }
        // What Drift can do was probed at start; intake calls nothing.
        expect(effects(simulator.journal())).toEqual([]);
        const imported = await api<{ state: string; rows: { accepted: number } }>(
          'POST',
          '/feeds/hr/imports',
          hrCsv(people),
        );
        expect(imported.body).toMatchObject({
          state: 'accepted',
          rows: { read: 50, accepted: 50 },
          changes: { joiners: 50 },
        });

        // The run is held by the creates gate: nothing was written.
        const first = await run();
        expect(first.state).toBe('awaiting_approval');
        expect(first.situations).toMatchObject({ ABSENT_IN_TARGET: 50 });
        expect(first.gates).toEqual([expect.objectContaining({ code: 'creates', limit: 10, value: 50, held: 50 })]);
        const total = Object.values(first.situations).reduce((sum, n) => sum + n, 0);
        expect(total).toBe(first.population);
        expect(effects(simulator.journal())).toHaveLength(0);
        const planId = first.planId ?? '';
        const held = await plan(planId);

        // Only its own hash, with the number typed, lets it through.
        const approve = (hash: string, count: number): ReturnType<typeof api> =>
          api('POST', `/plans/${planId}/approve`, {
            hash,
            reason: 'first rollout',
            apply: true,
            override: [{ gate: 'creates', count, reason: 'first rollout' }],
          });
        expect(await approve('0'.repeat(64), 50)).toMatchObject({ status: 409, body: { code: 'plan.hash_mismatch' } });
        expect(await api('POST', `/plans/${planId}/apply`)).toMatchObject({
          status: 409,
          body: { code: 'plan.not_approved' },
        });
        expect((await approve(held.hash, 49)).status).toBe(409);
        expect((await approve(held.hash, 50)).status).toBe(200);
        expect((await settled(planId)).state).toBe('done');
        expect((await changes(planId)).map(({ op, state }) => `${op} ${state}`)).toEqual(times(50, 'create verified'));
        const creates = effects(simulator.journal(), 'scim.create');
        expect(creates.map(({ body }) => (body as { userName: string }).userName).sort()).toEqual(
          people.map((p) => p.userName).sort(),
        );
        expect(creates.every(({ path }) => path === `${scimPath}/Users`)).toBe(true);

        // A profile change reaches Drift as one PUT of the whole resource.
        const changed = await scim('PATCH', `/Users/${ids[0] ?? ''}`, {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', path: 'displayName', value: 'Given001 Renamed' }],
        });
        expect(changed.status).toBe(200);
        const second = await run();
        expect(second).toMatchObject({ state: 'done', situations: { IN_SYNC: 49, ATTRIBUTE_PENDING: 1 } });
        const puts = effects(simulator.journal(), 'scim.replace');
        expect(puts).toHaveLength(1);
        expect(puts[0]?.body).toMatchObject({
          userName: people[0]?.userName,
          displayName: 'Given001 Renamed',
          name: { givenName: 'Given001', familyName: 'Family001' },
          active: true,
          roles: [{ value: 'MEMBER' }],
        });
        expect(JSON.stringify(puts[0]?.body)).toContain(`"emails":[{"value":"${people[0]?.userName ?? ''}"`);

        // A leaver: handover first, then one DELETE, then proof.
        const leaver = people[1];
        if (leaver === undefined) throw new Error('no leaver');
        simulator.seed({
          accounts: [1, 2, 3].map((n) => ({ domain: `customer${String(n)}.example.org`, ownerEmail: leaver.userName })),
          contacts: [1, 2, 3, 4, 5].map((n) => ({
            attributes: { email: `contact${String(n)}@example.org` },
            ownerEmail: leaver.userName,
          })),
        });
        const off = await scim('PATCH', `/Users/${ids[1] ?? ''}`, {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', value: { active: false } }],
        });
        expect(off.status).toBe(200);
        const third = await run();
        expect(third.state).toBe('awaiting_approval');
        expect(effects(simulator.journal(), 'scim.delete')).toHaveLength(0);
        const leaving = await plan(third.planId ?? '');
        expect(leaving.counts).toEqual({ handover: { planned: 1 }, deprovision: { planned: 1 } });
        expect(leaving.summary).toContain('irreversible');
        const approved = await api('POST', `/plans/${leaving.id}/approve`, {
          hash: leaving.hash,
          reason: 'left',
          apply: true,
        });
        expect(approved.status).toBe(200);
        expect((await settled(leaving.id)).state).toBe('done');
        expect((await changes(leaving.id)).map(({ op, state }) => `${op} ${state}`)).toEqual([
          'handover verified',
          'deprovision verified',
        ]);
        const moves = effects(simulator.journal())
          .slice(51)
          .map(({ effect }) => effect?.kind);
        expect(moves).toEqual([...times(3, 'account.update'), ...times(5, 'contact.update'), 'scim.delete']);
        expect(
          simulator.journal().filter(({ method, path }) => method === 'DELETE' && path.includes('/Users/')),
        ).toHaveLength(1);
        expect(deactivations(simulator.journal())).toEqual([]);

        // Back again: refused for good, a person decides, Drift is not asked.
        await scim('PATCH', `/Users/${ids[1] ?? ''}`, {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', value: { active: true } }],
        });
        const writes = effects(simulator.journal()).length;
        const fourth = await run();
        expect(fourth.situations).toMatchObject({ REPROVISION_REFUSED: 1, IN_SYNC: 49 });
        expect(effects(simulator.journal())).toHaveLength(writes);
        expect((await api('GET', '/audit/verify')).body).toMatchObject({ ok: true });
      }, 120_000);
    });
  }
}
