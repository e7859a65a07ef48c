import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './files.ts';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** What dependency-cruiser says of `src` in a folder, by the rules of the repository. */
async function cruise(folder: string): Promise<readonly Violation[]> {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const rules = join(ROOT, '.dependency-cruiser.cjs');
  const child = spawn(process.execPath, [program, '--config', rules, '--output-type', 'json', 'src'], { cwd: folder });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  if (out === '') throw new Error(`dependency-cruiser said nothing: ${err}`);
  return (JSON.parse(out) as { summary: { violations: readonly Violation[] } }).summary.violations;
}

/** A file in a room, what it imports against the rules, and the rule that must name it. */
interface Plant {
  readonly from: string;
  readonly imports: string;
  readonly rule: string;
  /** `import type`: only types cross. */
  readonly types?: true;
}

/** A house of empty rooms; every module exports a value and a type. */
const ROOMS: readonly string[] = [
  'core/plan.ts',
  'flows/ports.ts',
  'flows/drift-port.ts',
  'flows/make-plan.ts',
  'flows/apply-plan.ts',
  'flows/apply-plan/remove.ts',
  'feeds/feed.ts',
  'drift/client.ts',
  'drift/operations.ts',
  'storage/database.ts',
  'auth/tokens.ts',
  'auth/scopes.ts',
  'scim/filter.ts',
  'api/route.ts',
  'jobs/worker.ts',
  'simulator/server.ts',
  'config.ts',
  'telemetry.ts',
  'compose.ts',
  'cli/serve.ts',
  'main.ts',
];

const PLANTS: readonly Plant[] = [
  { from: 'core/reads-a-file.ts', imports: 'node:fs', rule: 'core-is-pure' },
  { from: 'core/takes-a-package.ts', imports: 'zod', rule: 'core-is-pure' },
  { from: 'core/asks-a-flow.ts', imports: 'flows/ports.ts', rule: 'core-is-pure', types: true },
  { from: 'flows/store-rows.ts', imports: 'storage/database.ts', rule: 'flows-import-core' },
  { from: 'flows/call-drift.ts', imports: 'drift/client.ts', rule: 'flows-import-core' },
  { from: 'flows/run-all.ts', imports: 'flows/make-plan.ts', rule: 'no-flow-imports-another' },
  { from: 'flows/run-part.ts', imports: 'flows/apply-plan/remove.ts', rule: 'no-flow-imports-another' },
  { from: 'feeds/calls-a-flow.ts', imports: 'flows/make-plan.ts', rule: 'adapters-see-only-port-types' },
  { from: 'drift/calls-a-flow.ts', imports: 'flows/make-plan.ts', rule: 'adapters-see-only-port-types' },
  { from: 'storage/calls-a-flow.ts', imports: 'flows/make-plan.ts', rule: 'adapters-see-only-port-types' },
  { from: 'auth/calls-a-flow.ts', imports: 'flows/make-plan.ts', rule: 'adapters-see-only-port-types' },
  { from: 'feeds/stores.ts', imports: 'storage/database.ts', rule: 'feeds-room' },
  { from: 'drift/stores.ts', imports: 'storage/database.ts', rule: 'drift-room' },
  { from: 'storage/calls-drift.ts', imports: 'drift/client.ts', rule: 'storage-room', types: true },
  { from: 'outgoing/stores.ts', imports: 'storage/database.ts', rule: 'outgoing-room' },
  { from: 'auth/stores.ts', imports: 'storage/database.ts', rule: 'auth-room' },
  { from: 'drift/operations/calls.ts', imports: 'drift/client.ts', rule: 'drift-operations-declare' },
  { from: 'scim/stores.ts', imports: 'storage/database.ts', rule: 'scim-room' },
  { from: 'api/stores.ts', imports: 'storage/database.ts', rule: 'api-room' },
  { from: 'api/calls-drift.ts', imports: 'drift/client.ts', rule: 'api-room' },
  { from: 'jobs/stores.ts', imports: 'storage/database.ts', rule: 'jobs-room' },
  { from: 'simulator/knows-drift.ts', imports: 'drift/operations.ts', rule: 'simulator-room' },
  { from: 'compose/starts-a-simulator.ts', imports: 'simulator/server.ts', rule: 'compose-room' },
  { from: 'compose/reads-arguments.ts', imports: 'cli/serve.ts', rule: 'compose-room' },
  { from: 'cli/stores.ts', imports: 'storage/database.ts', rule: 'cli-room' },
  { from: 'cli/plans.ts', imports: 'core/plan.ts', rule: 'cli-room' },
  { from: 'feeds/asks-a-test.ts', imports: '../test/help.ts', rule: 'no-test-in-src' },
  { from: 'feeds/asks-nobody.ts', imports: 'feeds/gone.ts', rule: 'no-unresolvable' },
];

/** Crossings that the table of rooms allows. */
const DOORS: readonly Omit<Plant, 'rule'>[] = [
  { from: 'flows/accept-scim.ts', imports: 'core/plan.ts' },
  { from: 'flows/hand-over.ts', imports: 'flows/drift-port.ts', types: true },
  { from: 'drift/target.ts', imports: 'flows/drift-port.ts', types: true },
  { from: 'drift/mapping.ts', imports: 'core/plan.ts' },
  { from: 'api/drift-operations.ts', imports: 'drift/operations.ts' },
  { from: 'api/tokens.ts', imports: 'auth/scopes.ts' },
  { from: 'cli/drift.ts', imports: 'drift/operations.ts' },
  { from: 'cli/simulate.ts', imports: 'simulator/server.ts' },
  { from: 'jobs/pipeline.ts', imports: 'flows/make-plan.ts' },
  { from: 'compose/storage.ts', imports: 'storage/database.ts' },
];

describe('the layering rules', () => {
  const house = mkdtempSync(join(tmpdir(), 'bridge-layers-'));
  let found: readonly Violation[] = [];

  function write(path: string, imports: readonly Pick<Plant, 'imports' | 'types'>[]): void {
    const file = join(house, 'src', path);
    mkdirSync(dirname(file), { recursive: true });
    const up = '../'.repeat(path.split('/').length - 1) || './';
    const lines = imports.map(({ imports: target, types }, n) => {
      const specifier = target.includes('.') ? `${up}${target}` : target;
      return types === true
        ? `import type { Thing as Type${String(n)} } from '${specifier}'; export type { Type${String(n)} };`
        : `export * as thing${String(n)} from '${specifier}';`;
    });
    writeFileSync(file, `${lines.join('\n')}\nexport interface Thing { readonly id: string }\nexport const id = 1;\n`);
  }

  beforeAll(async () => {
    copyFileSync(join(ROOT, 'tsconfig.json'), join(house, 'tsconfig.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(house, 'node_modules'), 'dir');
    mkdirSync(join(house, 'test'));
    writeFileSync(join(house, 'test/help.ts'), 'export const id = 1;\n');
    for (const room of ROOMS) write(room, []);
    for (const { from, ...plant } of [...PLANTS, ...DOORS]) write(from, [plant]);
    write('config.ts', [{ imports: 'telemetry.ts' }]);
    write('telemetry.ts', [{ imports: 'storage/database.ts' }]);
    write('auth/scopes.ts', [{ imports: 'auth/tokens.ts' }]);
    write('feeds/hen.ts', [{ imports: 'feeds/egg.ts' }]);
    write('feeds/egg.ts', [{ imports: 'feeds/hen.ts' }]);
    write('feeds/lonely.ts', []);
    found = await cruise(house);
  });

  afterAll(() => rmSync(house, { recursive: true, force: true }));

  const names = (from: string): readonly string[] =>
    found.filter((violation) => violation.from === `src/${from}`).map(({ rule }) => rule.name);

  it.each(PLANTS)('$rule: $from may not import $imports', ({ from, rule }) => {
    expect(names(from)).toContain(rule);
  });

  it.each([
    ['config-room', 'config.ts'],
    ['telemetry-room', 'telemetry.ts'],
    ['auth-scopes-declare', 'auth/scopes.ts'],
    ['no-orphans', 'feeds/lonely.ts'],
  ])('%s names %s', (rule, from) => {
    expect(names(from)).toContain(rule);
  });

  it('no-cycles names one side of a circle', () => {
    expect([...names('feeds/hen.ts'), ...names('feeds/egg.ts')]).toEqual(['no-cycles']);
  });

  it.each(DOORS)('$from may import $imports', ({ from }) => {
    expect(names(from)).toEqual([]);
  });

  it('are all planted against: a rule that nothing trips is no rule', () => {
    const rules = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
      readonly forbidden: readonly { readonly name: string }[];
    };
    const tripped = new Set(found.map(({ rule }) => rule.name));
    expect(rules.forbidden.map(({ name }) => name).filter((name) => !tripped.has(name))).toEqual([]);
  });
});

describe('the source', () => {
  it('keeps to the table of rooms', async () => {
    expect((await cruise(ROOT)).map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });
});
