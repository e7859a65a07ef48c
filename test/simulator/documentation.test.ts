import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';

import { readOrgFile } from '../../src/simulator/org-file.ts';
import { DEFAULT_SETTINGS } from '../../src/simulator/settings.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { caller, withSimulator } from './calling.ts';

const page = readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');

describe('the page about the simulator', () => {
  it('names every setting as a switch, and no other', async () => {
    const rows = (await page).split('\n').filter((line) => /^\|.*\| here +\|/.test(line));
    expect(rows.length).toBeGreaterThan(60);
    const switches = rows.flatMap(
      (row) =>
        row
          .split('|')
          .at(-2)
          ?.match(/`[^`]+`/g) ?? [],
    );
    const names = switches.map((one) => one.slice(1, -1)).filter((one) => !one.startsWith('POST '));
    const faults = new Set(['contact-401', 'contact-error']);
    const settings = names.filter((name) => !faults.has(name));
    expect(new Set(settings)).toEqual(new Set(Object.keys(DEFAULT_SETTINGS)));
  });

  it('shows a whole file of an organisation that can be begun with', async () => {
    const [, text = ''] = /```json\n([\s\S]*?)```/.exec(await page) ?? [];
    const { settings, data } = readOrgFile(text);
    expect(Object.keys(data)).toHaveLength(7);
    const simulator = await startSimulator({ settings });
    try {
      simulator.seed(data);
      const { users, contacts, accounts } = simulator.state();
      expect([users.length, contacts.length, accounts.length]).toEqual([2, 2, 2]);
      expect(contacts[0]).toMatchObject({ attributes: { email: 'ann@example.org' } });
    } finally {
      await simulator.close();
    }
  });

  it('can say that each of them is tried in a test', async () => {
    const folder = new URL('.', import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
    const words = new Set(texts.join('\n').match(/\b\w+\b/g));
    expect(Object.keys(DEFAULT_SETTINGS).filter((name) => !words.has(name))).toEqual([]);
  });

  it('names every control, and no other', () =>
    withSimulator({}, async ({ simulator }) => {
      const call = caller({ url: simulator.url, token: '' });
      const controls = Array.from((await page).matchAll(/^\| `([A-Z, ]+) (\/__sim\/[a-z-]+)`/gm));
      expect(controls).toHaveLength(14);
      for (const [, methods = '', path = ''] of controls) {
        for (const method of methods.split(', ')) {
          const { status } = await call(method, path, method === 'POST' ? {} : undefined);
          expect([method, path, status]).not.toEqual([method, path, 404]);
        }
      }
    }));
});
