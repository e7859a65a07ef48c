import { DomainError } from '../core/errors.ts';

/** The two readings of the sources, in the order in which they are asked (Drift API notes 3, "SCIM base path"). */
const PATHS = ['/scim/v2', '/scim'] as const;

export interface ScimService {
  /** Where SCIM answers; the path that was asked last where the organisation is not entitled. */
  readonly path: string;
  /** False: 403 or 404 wherever it could be; SCIM is part of paid plans only (Drift API notes 4.1). */
  readonly entitled: boolean;
}

export interface ScimPath {
  /** Throws DomainError `drift.unreachable` when nothing can be said, or SCIM is nowhere. */
  resolve(): Promise<string>;
  service(): Promise<ScimService>;
  /** Asks wherever SCIM may be once more, and remembers where it answers now. */
  again(): Promise<ScimService>;
  /** Null while nobody has asked. */
  known(): string | null;
  /** The same for one piece of work: the path that it once went by stays, whatever `again` finds meanwhile. */
  pinned(): ScimPath;
}

/**
 * Where an organisation's SCIM lives. With `auto` both paths are asked once, unless one is `remembered`, and the one that
 * answers stays until `again` finds another. `probe` asks `{path}/Users?count=1`: false for 403 and 404, throws for
 * anything that says nothing.
 */
export function createScimPath(ports: {
  readonly setting: string;
  readonly remembered?: string | undefined;
  readonly probe: (path: string) => Promise<boolean>;
  readonly remember: (path: string) => Promise<void>;
}): ScimPath {
  const { setting, probe, remember } = ports;
  for (const path of [setting, ports.remembered ?? 'auto']) {
    if (path !== 'auto' && !/^(\/[A-Za-z0-9_-]+)+(\/[A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(path)) {
      throw new DomainError('drift.not_configured', 'The SCIM path must be auto, or a path such as /scim or /scim/v2.');
    }
  }
  const isFixed = setting !== 'auto';
  let known = isFixed ? setting : (ports.remembered ?? null);
  let asking: Promise<ScimService> | null = null;

  async function ask(candidates: readonly string[]): Promise<ScimService> {
    for (const path of candidates) {
      if (!(await probe(path))) continue;
      const found = !isFixed && known !== path;
      known = path;
      if (found) await remember(path);
      return { path, entitled: true };
    }
    return { path: candidates.at(-1) ?? PATHS[0], entitled: false };
  }

  /** One answer for all who ask; a failure or a refusal is asked again next time, since an operator may have changed it. */
  function service(): Promise<ScimService> {
    if (asking !== null) return asking;
    const mine = ask(known === null ? PATHS : [known]);
    asking = mine;
    const forget = (): void => {
      if (asking === mine) asking = null;
    };
    mine.then(({ entitled }) => {
      if (!entitled) forget();
    }, forget);
    return mine;
  }

  async function resolve(): Promise<string> {
    if (known !== null) return known;
    const { path, entitled } = await service();
    if (entitled) return path;
    throw new DomainError(
      'drift.unreachable',
      'Drift answers SCIM neither at /scim/v2 nor at /scim: the organisation is not entitled to it, or the token is not.',
    );
  }

  async function again(): Promise<ScimService> {
    const first = known === null ? [] : [known];
    const found = await ask(isFixed ? [setting] : [...first, ...PATHS.filter((path) => path !== first[0])]);
    asking = found.entitled ? Promise.resolve(found) : null;
    return found;
  }

  const shared: Omit<ScimPath, 'pinned'> = { service, resolve, again, known: () => known };

  function pinned(): ScimPath {
    let mine: string | null = null;
    const own: ScimPath = {
      ...shared,
      known: () => mine ?? known,
      async resolve() {
        mine ??= await resolve();
        return mine;
      },
      pinned: () => own,
    };
    return own;
  }

  return { ...shared, pinned };
}
