import { describe, expect, it } from '@jest/globals';
import { filesOf, findings } from './files.ts';

const all = filesOf();
const source = all.filter(({ path }) => path.startsWith('src/') && /\.(ts|mjs)$/.test(path));
const code = all.filter(({ path }) => /^(src|test)\/.*\.(ts|mjs)$/.test(path));

/** Code without comments and text: words in a sentence are nobody's business. */
const bare = code.map(({ path, text }) => ({
  path,
  text: text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`\\/])\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, (gone) =>
    gone.replaceAll(/[^\n]/g, ' '),
  ),
}));

const ANY = /(?:[:<,|&(]|\bas|=>)\s*any\b(?!\s*[(:=.])|(?<![\w:<,|&(\s])any\[\]/g;

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly integrity?: string }>>;
}

async function json<T>(name: string): Promise<T> {
  return ((await import(`../../${name}`, { with: { type: 'json' } })) as { readonly default: T }).default;
}

describe('the style of the house', () => {
  it('has no source file of more than 300 lines', () => {
    const long = source
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  it('switches no check off and has no `any`', () => {
    expect(findings(code, /@ts-(ignore|nocheck|expect-error)|eslint[-]disable/g)).toEqual([]);
    expect(findings(bare, ANY)).toEqual([]);
    for (const planted of ['(x: any)', 'Map<string, any>', 'x as any;', 'any[]', 'string | any;']) {
      expect(findings([{ path: 'planted', text: planted }], ANY)).toHaveLength(1);
    }
  });

  it('has no rooms without a subject, and no barrels', () => {
    const nameless = code
      .filter(({ path }) => /\/(utils?|helpers?|shared|common|misc|lib)(\/|\.[a-z]+$)|\/(types|index)\.ts$/.test(path))
      .map(({ path }) => path);
    expect(nameless).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const odd = code
      .map(({ path }) => path)
      .filter((path) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|mjs)$/.test(path));
    expect(odd).toEqual([]);
  });

  it('exports by name only, and mocks no module', () => {
    expect(findings(bare, /^export default\b/gm)).toEqual([]);
    expect(findings(bare, /\bjest\.(mock|unstable_mockModule|doMock)\b/g)).toEqual([]);
  });

  it('leaves nothing to be done later', () => {
    expect(findings(code, /\b(TO[D]O|FIX[M]E|XX[X])\b/g)).toEqual([]);
  });
});

describe('packages', () => {
  it('are pinned to exact versions', async () => {
    const { dependencies, devDependencies, optionalDependencies } = await json<PackageFile>('package.json');
    const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('are locked by their content and not by where they came from', async () => {
    const { packages } = await json<LockFile>('package-lock.json');
    const installed = Object.entries(packages).filter(([path]) => path !== '');
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(installed.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no package registry and no folder of somebody’s machine', () => {
    const readable = all.filter(({ path }) => !path.startsWith('test/rules/'));
    expect(
      findings(readable, /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\b(npmmirror|jfrog|verdaccio|pkg\.github)\b/gi),
    ).toEqual([]);
    expect(findings(readable, /(?<![\w.:/-])\/(home|root|work|mnt|private)\/[a-z][\w.-]*|\b[A-Z]:\\Users\\/g)).toEqual(
      [],
    );
    expect(findings(readable, /\bshared\/(reference|design|idp-scenarios)\b/g)).toEqual([]);
  });
});
