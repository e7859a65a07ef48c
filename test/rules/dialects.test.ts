import { describe, expect, it } from '@jest/globals';
import { type HouseFile, filesOf, findings } from './files.ts';

/**
 * Clients are read by the shape of what they send, and where a shape is ambiguous by a setting of the connection: no code
 * asks who they are. HR presets, the command line's examples and the simulator speak of others, and stay out.
 */
const LEFT_OUT = /^src\/(feeds|cli|simulator|console)\//;

/** Code with its text, without comments: those say where a shape was met. */
function withoutComments({ path, text }: HouseFile): HouseFile {
  const blank = (gone: string): string => gone.replaceAll(/[^\n]/g, ' ');
  return { path, text: text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`\\/])\/\/[^\n]*/g, blank) };
}

const code = filesOf('src')
  .filter(({ path }) => /\.(ts|mjs)$/.test(path) && !LEFT_OUT.test(path))
  .map(withoutComments);

const BRANDS =
  /[Oo]kta|OKTA|(?<![a-z])entra(?![a-z])|Entra(?![a-z])|[Aa]zure|aadOpt|[Mm]icrosoft|[Oo]ne ?[Ll]ogin|[Jj]ump ?[Cc]loud|[Rr]ippling|[Pp]ing ?([Ff]ederate|One|[Ii]dentity)|[Gg]oogle|[Ww]ork[Oo][Ss](?![a-z])|[Aa]uthentik|[Kk]eycloak/g;

const AGENT = /user-?agent/gi;

/** Texts that a recorded conversation sends, long enough to be its own; names of attributes are everybody's. */
function scenarioValues(): readonly string[] {
  const found = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.length >= 6 && !/^urn:|^https?:|^\/|^[a-z]+(\.[a-z]+)?$/i.test(value)) found.add(value);
    } else if (typeof value === 'object' && value !== null) {
      Object.values(value).forEach(collect);
    }
  };
  for (const { path, text } of filesOf('test/fixtures/scim-scenarios')) {
    if (!path.endsWith('.json')) continue;
    const { steps } = JSON.parse(text) as { steps: readonly { readonly request?: { readonly body?: unknown } }[] };
    for (const { request } of steps) collect(request?.body);
  }
  return [...found];
}

describe('dialects', () => {
  it('are told by shape: no code names a client', () => {
    expect(code.length).toBeGreaterThan(100);
    expect(findings(code, BRANDS)).toEqual([]);
    for (const planted of ["if (agent.startsWith('Okta'))", 'const isEntra = true', "'aadOptscim062020' in query"]) {
      expect(findings([{ path: 'planted', text: planted }], BRANDS)).toHaveLength(1);
    }
  });

  it('do not depend on the user agent: ours is sent to Drift, and nobody’s is read', () => {
    const inbound = code.filter(({ path }) => !path.startsWith('src/drift/'));
    expect(findings(inbound, AGENT)).toEqual([]);
    expect(findings([{ path: 'planted', text: "req.headers['user-agent']" }], AGENT)).toHaveLength(1);
  });

  it('know no value of a recorded conversation', () => {
    const values = scenarioValues();
    expect(values.length).toBeGreaterThan(50);
    const scim = code.filter(({ path }) => /^src\/(scim|flows|storage|core|auth)\//.test(path));
    const known = values.filter((value) => scim.some(({ text }) => text.includes(`'${value}'`)));
    expect(known).toEqual([]);
  });
});
