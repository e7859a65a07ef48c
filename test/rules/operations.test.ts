import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import { DEFAULT_SETTINGS } from '../../src/simulator/settings.ts';
import { honest } from '../contract/drift-suite.ts';
import { coverage, operationsPage, PAGE } from '../support/operations-table.ts';
import { filesOf, ROOT } from './files.ts';

describe('the operations of Drift', () => {
  const names = DRIFT_OPERATIONS.map(({ name }) => name);

  it('are each covered by a contract test', () => {
    const covered = new Set(coverage().map(({ operation }) => operation));
    expect(names.filter((name) => !covered.has(name))).toEqual([]);
  });

  it('are what contract tests say that they cover', () => {
    expect(coverage().filter(({ operation }) => !names.includes(operation))).toEqual([]);
    const told = coverage().map(({ operation, title }) => `${operation} ${title}`);
    expect(told.filter((one, at) => told.indexOf(one) !== at)).toEqual([]);
  });

  it('count as covered only where they were sent', async () => {
    const names = new Set<string>(['get-user']);
    const sends = (...sent: readonly string[]): Promise<void> =>
      honest(
        {
          operation: 'get-user',
          test: async () => {
            for (const name of sent) names.add(name);
          },
        },
        null,
        { names },
      );
    await expect(sends('list-users', 'get-user')).resolves.toBeUndefined();
    await expect(sends('list-users')).rejects.toThrow('get-user was not sent, but: list-users');
  });

  it('are tried in every switch position that changes what is read or written', () => {
    // Left to other tests: pacing, lags and tokens are the client's; webhooks come in; the journal is the simulator's; and
    // what `deactivateBy` is about never goes out.
    const elsewhere =
      /^(rate|webhook|contactUpdated|oauth|accessToken|applyDelay|journalLimit$|deactivateBy$)|Lag|^reportsPerMinute$/;
    const words = new Set(
      filesOf('test/contract')
        .filter(({ path }) => path.startsWith('test/contract/drift-'))
        .flatMap(({ text }) => text.match(/\b\w+\b/g) ?? []),
    );
    const switches = Object.keys(DEFAULT_SETTINGS).filter((name) => !elsewhere.test(name));
    expect(switches.length).toBeGreaterThan(35);
    expect(switches.filter((name) => !words.has(name))).toEqual([]);
  });

  it('stand on a page that is not stale', () => {
    // `node test/support/operations-table.ts` writes it anew.
    expect(readFileSync(join(ROOT, PAGE), 'utf8')).toBe(operationsPage());
  });
});

describe('citations of the notes on the API', () => {
  const notes = readFileSync(join(ROOT, 'docs/drift-api-notes.md'), 'utf8');
  const text = filesOf('src')
    .concat(filesOf('test'))
    .filter(({ path }) => path.endsWith('.ts'));
  /** Without the line breaks and stars of comments, so that a citation is in one piece. */
  const cited = text.flatMap(({ path, text: source }) =>
    Array.from(
      source
        .replaceAll(/\s+(\/\/|\*)?\s+/g, ' ')
        .matchAll(/Drift API notes (\d(?:\.\d+)?)((?:(?:,| and| to) \d(?:\.\d+)?)*)(?:,? \(?"([^"]+)")?/g),
      ([, first = '', others = '', subject]) => ({
        path,
        sections: [first, ...(others.match(/\d(\.\d+)?/g) ?? [])],
        subject,
      }),
    ),
  );

  it('lead to a section', () => {
    const known = new Set(Array.from(notes.matchAll(/^##+ (\d(?:\.\d+)?)/gm), ([, number]) => number));
    expect(cited.length).toBeGreaterThan(150);
    const astray = cited.flatMap(({ path, sections }) =>
      sections.filter((section) => !known.has(section)).map((section) => `${path}: ${section}`),
    );
    expect(astray).toEqual([]);
  });

  it('lead to a disagreement where they name one', () => {
    const subjects = new Set(Array.from(notes.matchAll(/^\| ([^|`]+?) +\|/gm), ([, subject]) => subject));
    const named = cited.filter(({ subject }) => subject !== undefined);
    expect(named.length).toBeGreaterThan(5);
    expect(
      named.filter(({ subject }) => !subjects.has(subject)).map(({ path, subject }) => `${path}: ${String(subject)}`),
    ).toEqual([]);
  });
});
