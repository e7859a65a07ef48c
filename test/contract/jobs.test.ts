import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Job, JobWork } from '../../src/flows/job-port.ts';
import type { JobKind, JobQueue } from '../../src/flows/ports.ts';
import { createJobWork } from '../../src/storage/jobs.ts';
import { eachDatabase } from '../support/store.ts';
import { later, openWorld, START, type World } from './building.ts';

type Request = Parameters<JobQueue['enqueue']>[0];

const ALL: readonly JobKind[] = ['run', 'apply'];

eachDatabase('jobs', (testStore) => {
  let world: World;
  let work: JobWork;
  let otherProcess: JobWork;
  beforeAll(async () => {
    world = await openWorld(testStore);
    work = createJobWork(world.database);
    otherProcess = createJobWork(await testStore.open());
  });
  beforeEach(async () => {
    await world.database.write.deleteFrom('job').execute();
  });

  async function enqueue(name: string, more: Partial<Request> = {}, tenantId = 't1'): Promise<void> {
    await world.store.tenant(tenantId).write((tx) => tx.jobs.enqueue({ kind: 'run', payload: { name }, ...more }));
  }

  function claim(by: JobWork, at = START, kinds = ALL): Promise<Job | null> {
    return by.claim({ owner: 'w', at, leaseUntil: later(1000, at), kinds });
  }

  async function claimed(at = START): Promise<Job> {
    const job = await claim(work, at);
    if (job === null) throw new Error('nothing to claim');
    return job;
  }

  const nameOf = (job: Job | null): unknown => job?.payload['name'];

  it('gives the highest priority first, then what is due longest, over all tenants', async () => {
    await enqueue('late', { runAt: later(-10) });
    await enqueue('early', { runAt: later(-20) }, 't2');
    await enqueue('urgent', { priority: 5 });
    await enqueue('not due', { priority: 9, runAt: later(1) });
    await enqueue('other kind', { kind: 'apply', priority: 9 });
    const names = [];
    for (let n = 0; n < 4; n += 1) names.push(nameOf(await claim(work, START, ['run'])));
    expect(names).toEqual(['urgent', 'early', 'late', undefined]);
    expect(nameOf(await claim(work))).toBe('other kind');
  });

  it('gives each job to one worker only, whatever the race', async () => {
    for (let n = 0; n < 12; n += 1) await enqueue(`job ${String(n)}`);
    const claims = await Promise.all(Array.from({ length: 30 }, (_, n) => claim(n % 2 === 0 ? work : otherProcess)));
    const ids = claims.flatMap((job) => (job === null ? [] : [job.id]));
    // A worker may find every free job locked by others just then; it asks again at its next poll.
    for (let job = await claim(work); job !== null; job = await claim(work)) ids.push(job.id);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  it('gives a job again when its lease ran out, and refuses the late worker everything', async () => {
    await enqueue('slow');
    const first = await claimed();
    expect(await claim(work, later(999))).toBeNull();
    const second = await claimed(later(1000));
    expect(second).toMatchObject({ id: first.id, attempts: 2, fence: first.fence + 1 });
    expect(await work.renew(first, later(9000))).toBe(false);
    expect(await work.done(first)).toBe(false);
    expect(await work.again(first, START)).toBe(false);
    expect(await work.failed(first, 'late')).toBe(false);
    expect(await work.renew(second, later(9000))).toBe(true);
    expect(await claim(work, later(8000))).toBeNull();
    expect(await work.done(second)).toBe(true);
    expect(await work.done(second)).toBe(false);
    expect(await work.pending()).toEqual({ queued: 0, leased: 0, failed: 0 });
  });

  it('keeps one queued job for a key, and takes another while the first is under way', async () => {
    await enqueue('a', { dedupeKey: 'k' });
    await enqueue('b', { dedupeKey: 'k' });
    await enqueue('of another tenant', { dedupeKey: 'k' }, 't2');
    expect((await work.pending())['queued']).toBe(2);
    expect(nameOf(await claim(work))).toBe('a');
    await enqueue('c', { dedupeKey: 'k' });
    expect(await work.pending()).toMatchObject({ queued: 2, leased: 1 });
  });

  it('puts a job back for later with its error, or into the one that was asked for meanwhile', async () => {
    await enqueue('a', { dedupeKey: 'k' });
    expect(await work.again(await claimed(), later(500), 'busy')).toBe(true);
    expect(await claim(work, later(499))).toBeNull();
    const again = await claimed(later(500));
    expect(again.attempts).toBe(2);
    await enqueue('b', { dedupeKey: 'k', runAt: later(5000) });
    expect(await work.again(again, later(700))).toBe(true);
    expect(await work.pending()).toMatchObject({ queued: 1, leased: 0 });
    expect(nameOf(await claimed(later(700)))).toBe('b');
  });

  it('keeps a failed job to be seen, and never gives it again', async () => {
    await enqueue('broken');
    expect(await work.failed(await claimed(), 'TypeError: no')).toBe(true);
    expect(await work.pending()).toEqual({ queued: 0, leased: 0, failed: 1 });
    expect(await claim(work, later(1e9))).toBeNull();
  });

  it('frees every lease for a process that just started', async () => {
    await enqueue('a', { dedupeKey: 'k' });
    const lost = await claimed();
    await enqueue('b', { dedupeKey: 'k', runAt: later(5000) });
    expect(await work.releaseAll()).toBe(1);
    const mine = await claimed();
    expect(mine).toMatchObject({ id: lost.id, fence: lost.fence + 1 });
    expect(await work.done(lost)).toBe(false);
  });

  it('lets the work of a paused tenant wait', async () => {
    await enqueue('waits', {}, 't2');
    await world.tenants.pause('t2', 'maya');
    expect(await claim(work)).toBeNull();
    await world.tenants.resume('t2', 'maya');
    expect(nameOf(await claim(work))).toBe('waits');
  });
});
