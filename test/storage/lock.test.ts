import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockDataDir } from '../../src/storage/lock.ts';

const LOCK = new URL('../../src/storage/lock.ts', import.meta.url).href;
const HOLDER = `
  const { lockDataDir } = await import(${JSON.stringify(LOCK)});
  try {
    lockDataDir(process.argv[1]);
    console.log('locked');
    setInterval(() => undefined, 1000);
  } catch (error) {
    console.log(error.message);
    process.exit(3);
  }
`;

describe('the lock of a data directory', () => {
  let folder: string;
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bridge-lock-'));
    dataDir = join(folder, 'data');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** Another process that asks for the lock; its first line says what it got. */
  async function another(): Promise<{ readonly child: ChildProcess; readonly says: string }> {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', HOLDER, dataDir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, says: first.toString().trim() };
  }

  it('keeps a second process out, with a sentence that says what to do', async () => {
    const lock = lockDataDir(dataDir);
    expect((await another()).says).toBe(
      `Another bridge is running with the data directory ${dataDir}; stop it, or give this one a BRIDGE_DATA_DIR of its own.`,
    );
    lock.release();
    expect((await another()).says).toBe('locked');
    expect(() => lockDataDir(dataDir)).toThrow(/Another bridge is running/);
  });

  it('is free after its holder was killed, however often', async () => {
    for (let round = 0; round < 2; round += 1) {
      const holder = await another();
      expect(holder.says).toBe('locked');
      expect(() => lockDataDir(dataDir)).toThrow(/Another bridge is running/);
      const ended = once(holder.child, 'exit');
      holder.child.kill('SIGKILL');
      await ended;
      lockDataDir(dataDir).release();
    }
  });

  it('does not concern another directory', () => {
    const lock = lockDataDir(dataDir);
    const other = lockDataDir(join(folder, 'other'));
    other.release();
    lock.release();
  });
});
