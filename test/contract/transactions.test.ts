import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, it } from '@jest/globals';
import { eachDatabase } from '../support/store.ts';
import { hrSays, idpSays, openWorld, type World } from './building.ts';

eachDatabase('transactions', (testStore) => {
  let world: World;
  let second: World;
  beforeAll(async () => {
    world = await openWorld(testStore);
    second = await openWorld(testStore);
  });

  it('keeps nothing of a write that failed', async () => {
    const tenant = world.store.tenant('t1');
    const failed = tenant.write(async (tx) => {
      await tx.people.accept(idpSays('rolled-back'));
      await tx.settings.set('colour', 'blue');
      await tx.jobs.enqueue({ kind: 'run', payload: {} });
      await tx.policy.put((await tx.policy.current()).policy, 'maya', 0);
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(await tenant.people.states()).toEqual([]);
    expect(await tenant.settings.get('colour')).toBeNull();
    expect(await tenant.policy.current()).toMatchObject({ version: 0 });
    expect(await world.database.read.selectFrom('job').selectAll().execute()).toEqual([]);
  });

  it('shows what was written to every other connection, once it is committed', async () => {
    let seenBefore: string | null = 'nothing';
    await world.store.tenant('t1').write(async (tx) => {
      await tx.settings.set('colour', 'green');
      seenBefore = await second.store.tenant('t1').settings.get('colour');
    });
    expect(seenBefore).toBeNull();
    expect(await second.store.tenant('t1').settings.get('colour')).toBe('green');
  });

  it('refuses a write outside a transaction', async () => {
    await expect(world.store.tenant('t1').settings.set('colour', 'red')).rejects.toThrow(/read-?only/i);
  });

  it('lets two processes write at once, one after the other', async () => {
    await Promise.all(
      [world, second].flatMap(({ store }, process) =>
        Array.from({ length: 20 }, (_, n) =>
          store.tenant('t1').write(async (tx) => {
            await tx.people.accept(hrSays(`p${String(process)}-${String(n)}`));
            await tx.audit.append({ actor: 'system', kind: 'test', subject: 's', data: { n } });
          }),
        ),
      ),
    );
    expect(await world.store.tenant('t1').people.states()).toHaveLength(40);
  });

  it('makes a transaction again that fell to a deadlock', async () => {
    // On SQLite the second begins when the first has ended, so that there is nothing to wait for.
    const gates = [0, 1].map(() => Promise.withResolvers<unknown>());
    let attempts = 0;
    const crossing = (mine: string, other: string, side: 0 | 1) =>
      world.store.tenant('t1').write(async (tx) => {
        attempts += 1;
        await tx.settings.set(mine, 'x');
        gates[side]?.resolve(null);
        if (testStore.dialect === 'postgres') await gates[1 - side]?.promise;
        await tx.settings.set(other, 'x');
      });
    await Promise.all([crossing('one', 'two', 0), crossing('two', 'one', 1)]);
    expect(attempts).toBe(testStore.dialect === 'postgres' ? 3 : 2);
  });

  it('waits for another writer without holding up the event loop', async () => {
    if (testStore.dialect === 'postgres') return;
    const other = new DatabaseSync(testStore.url());
    other.exec('begin immediate');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    setTimeout(() => other.exec('commit'), 300);
    await world.store.tenant('t1').write((tx) => tx.settings.set('patience', 'yes'));
    clearInterval(timer);
    other.close();
    expect(turns).toBeGreaterThan(5);
  });

  it('fails for a tenant that does not exist, where order matters', async () => {
    await expect(world.store.tenant('nobody').write((tx) => tx.people.accept(idpSays('x')))).rejects.toThrow(
      'there is no tenant nobody',
    );
  });
});
