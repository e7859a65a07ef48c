import { isIP } from 'node:net';
import { z } from 'zod';
import { address, isLoopback } from './config/address.ts';
import { DRIFT_VARIABLES, type DriftConfig, driftContradictions, toDrift } from './config/drift.ts';
import { SCIM_JWT_VARIABLES, type ScimJwtConfig, scimJwtContradictions, toScimJwt } from './config/scim-jwt.ts';
import { whole } from './config/whole.ts';

/** The environment: one schema, read in one place. An unknown or unsafe setting refuses to start and says which and why. */
export type Env = Readonly<Record<string, string | undefined>>;

const SECRET = { secret: true } as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const KEYS = ['BRIDGE_TOKEN_PEPPER', 'BRIDGE_SECRET_KEY'] as const;

const bearer = z
  .string()
  .min(32, 'must have 32 characters or more')
  .max(512, 'must have 512 characters at most')
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces: nothing else can stand in an Authorization header');

const key = z.string().refine((text) => {
  const bytes = Buffer.from(text, 'base64');
  const same = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return same && bytes.length === 32 && bytes.some((byte) => byte !== 0);
}, 'must be 32 random bytes in base64 (openssl rand -base64 32)');

const postgres = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must begin with postgres://');
const host = z.string().regex(/^[0-9A-Za-z.:-]{1,253}$/, 'must be an IP address or a host name, without a port');

const SCHEMA = z.object({
  HOST: host.default('127.0.0.1').describe('address to listen on'),
  PORT: whole(1, 65_535).default(8080).describe('port to listen on'),
  BRIDGE_PUBLIC_URL: address(() => true, '')
    .optional()
    .describe('base of every address that it gives out'),
  BRIDGE_DATA_DIR: z.string().default('./data').describe('SQLite file, generated keys, originals of uploads'),
  DATABASE_URL: postgres.optional().describe('PostgreSQL instead of SQLite').meta(SECRET),
  BRIDGE_ADMIN_TOKEN: bearer.optional().describe('first token of /api/v1; generated unless set').meta(SECRET),
  BRIDGE_SCIM_TOKEN: bearer.optional().describe('first token of /scim/v2; generated unless set').meta(SECRET),
  BRIDGE_SECRET_KEY: key.optional().describe('encrypts Drift credentials; generated unless set').meta(SECRET),
  BRIDGE_TOKEN_PEPPER: key.optional().describe('keys the hashes of tokens; generated unless set').meta(SECRET),
  BRIDGE_POLICY: z.string().optional().describe('path of a policy document to begin with'),
  BRIDGE_MODE: z.enum(['all', 'web', 'worker']).default('all').describe('web and worker: only with PostgreSQL'),
  BRIDGE_LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('least level that is logged'),
  ...SCIM_JWT_VARIABLES,
  ...DRIFT_VARIABLES,
});

type Variables = z.output<typeof SCHEMA>;
type Name = keyof Variables;

/** Kubernetes sets these for a service that happens to be named "bridge" or "drift". */
const OF_KUBERNETES = /^(BRIDGE|DRIFT)_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/;

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly adminToken?: string;
  readonly scimToken?: string;
  /** Base64 of 32 bytes. */
  readonly secretKey?: string;
  /** Base64 of 32 bytes. */
  readonly tokenPepper?: string;
  readonly policyFile?: string;
  readonly mode: 'all' | 'web' | 'worker';
  readonly logLevel: Variables['BRIDGE_LOG_LEVEL'];
  /** Absent: only the bridge's own tokens open /scim/v2. */
  readonly scimJwt?: ScimJwtConfig;
  readonly drift: DriftConfig;
  /** No Drift to talk to: the built-in simulator, and data that never leaves it. */
  readonly demo: boolean;
}

export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
}

export type ConfigResult =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** `over`: what a command sets by itself. */
export function loadConfig(env: Env = process.env, over: Env = {}): ConfigResult {
  const set = withoutBlanks({ ...env, ...over });
  const parsed = SCHEMA.safeParse(set);
  const problems: ConfigProblem[] = unknownVariables(set);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      problems.push({ variable: String(path[0]), problem: message.replace(/^Invalid option: expected /, 'must be ') });
    }
    return { ok: false, problems };
  }
  problems.push(...contradictions(parsed.data, set));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: toConfig(parsed.data) };
}

/** A variable that is set to nothing is not set: that is how files of variables leave one out. */
function withoutBlanks(env: Env): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || value.trim() === '' ? [] : [[name, value]])),
  );
}

function unknownVariables(set: Env): ConfigProblem[] {
  return Object.keys(set)
    .filter((name) => /^(BRIDGE|DRIFT|SCIM_JW[A-Z]+)_/.test(name) && !OF_KUBERNETES.test(name))
    .filter((name) => !Object.hasOwn(SCHEMA.shape, name) && name !== 'BRIDGE_URL')
    .map((name) => ({
      variable: name,
      problem: 'is not a setting of the bridge (bridge config lists them)',
    }));
}

/** What each variable may say alone, but not beside the others. */
function contradictions(v: Variables, set: Env): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const refuse = (variable: Name, problem: string): unknown => problems.push({ variable, problem });
  const baseUrlIsSet = set['DRIFT_BASE_URL'] !== undefined;
  driftContradictions(v, { baseUrlIsSet, stored: v.DATABASE_URL !== undefined }, refuse);
  if (!isLoopback(v.HOST) && v.BRIDGE_PUBLIC_URL === undefined && !isDemo(v)) {
    refuse('BRIDGE_PUBLIC_URL', `is required when HOST (${v.HOST}) is not loopback: a Host header is never trusted`);
  }
  if (v.BRIDGE_MODE !== 'all' && v.DATABASE_URL === undefined) {
    refuse('BRIDGE_MODE', `"${v.BRIDGE_MODE}" needs DATABASE_URL: SQLite has one process, which does everything`);
  }
  const keys = v.BRIDGE_MODE === 'web' ? (['BRIDGE_TOKEN_PEPPER'] as const) : KEYS;
  for (const name of v.DATABASE_URL === undefined ? [] : keys) {
    if (v[name] === undefined) refuse(name, 'is required with DATABASE_URL: every process must use the same one');
  }
  if (v.BRIDGE_MODE === 'web' && v.BRIDGE_SECRET_KEY !== undefined) {
    refuse('BRIDGE_SECRET_KEY', 'must not be given to a web process: only workers open Drift credentials');
  }
  if (v.BRIDGE_SECRET_KEY !== undefined && v.BRIDGE_SECRET_KEY === v.BRIDGE_TOKEN_PEPPER) {
    refuse('BRIDGE_TOKEN_PEPPER', 'is the same as BRIDGE_SECRET_KEY: one leak would open both');
  }
  scimJwtContradictions(v, refuse);
  if (v.BRIDGE_ADMIN_TOKEN !== undefined && v.BRIDGE_ADMIN_TOKEN === v.BRIDGE_SCIM_TOKEN) {
    refuse('BRIDGE_SCIM_TOKEN', 'is the same as BRIDGE_ADMIN_TOKEN: an IdP would hold the keys of administration');
  }
  return problems;
}

/** PostgreSQL is never a demo: demo data lives in the data folder. */
function isDemo(v: Variables): boolean {
  return v.DRIFT_TOKEN === undefined && v.DRIFT_REFRESH_TOKEN === undefined && v.DATABASE_URL === undefined;
}

function toConfig(v: Variables): Config {
  const shown = isLoopback(v.HOST) ? v.HOST : 'localhost';
  return {
    host: v.HOST,
    port: v.PORT,
    publicUrl: v.BRIDGE_PUBLIC_URL ?? `http://${isIP(shown) === 6 ? `[${shown}]` : shown}:${v.PORT}`,
    dataDir: v.BRIDGE_DATA_DIR,
    ...defined({
      databaseUrl: v.DATABASE_URL,
      adminToken: v.BRIDGE_ADMIN_TOKEN,
      scimToken: v.BRIDGE_SCIM_TOKEN,
      secretKey: v.BRIDGE_SECRET_KEY,
      tokenPepper: v.BRIDGE_TOKEN_PEPPER,
      policyFile: v.BRIDGE_POLICY,
      scimJwt: toScimJwt(v),
    }),
    mode: v.BRIDGE_MODE,
    logLevel: v.BRIDGE_LOG_LEVEL,
    drift: toDrift(v),
    demo: isDemo(v),
  };
}

function defined<T extends object>(values: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** One line of `bridge config`. A secret shows only that it is set. */
export interface Setting {
  readonly variable: string;
  readonly value: string | null;
  readonly isSet: boolean;
  readonly says: string;
}

export function describeConfig(env: Env = process.env): readonly Setting[] {
  const set = withoutBlanks(env);
  return Object.entries(SCHEMA.shape).map(([variable, schema]) => {
    const { description: says = '', secret } = schema.meta() ?? {};
    const isSet = set[variable] !== undefined;
    const standard: unknown = schema.safeParse(undefined).data;
    const shown = typeof standard === 'string' || typeof standard === 'number' ? String(standard) : null;
    const value = set[variable] ?? shown;
    return { variable, value: isSet && secret === true ? '(set)' : value, isSet, says };
  });
}

/** What the command line needs to call a running bridge, and whether a terminal wants colours (no-color.org). */
export function loadClient(env: Env = process.env): {
  readonly url: string;
  readonly token?: string;
  readonly noColor: boolean;
} {
  const set = withoutBlanks(env);
  const url = set['BRIDGE_URL'] ?? `http://127.0.0.1:${set['PORT'] ?? '8080'}`;
  return {
    url: url.replace(/\/+$/, ''),
    ...defined({ token: set['BRIDGE_ADMIN_TOKEN'] }),
    noColor: set['NO_COLOR'] !== undefined,
  };
}
