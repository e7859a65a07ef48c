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
  /** Null while nobody has asked. */
  known(): string | null;
}

/**
 * Where an organisation's SCIM lives. With `auto` both paths are asked once, and the one that answers stays for the life of
 * this client. `probe` asks `{path}/Users?count=1`: false for 403 and 404, throws for anything that says nothing.
 */
export function createScimPath(ports: {
  readonly setting: string;
  readonly probe: (path: string) => Promise<boolean>;
  readonly remember: (path: string) => Promise<void>;
}): ScimPath {
  const { setting, probe, remember } = ports;
  if (setting !== 'auto' && !/^(\/[A-Za-z0-9_-]+)+(\/[A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(setting)) {
    throw new DomainError('drift.not_configured', 'The SCIM path must be auto, or a path such as /scim or /scim/v2.');
  }
  let known = setting === 'auto' ? null : setting;
  let asking: Promise<ScimService> | null = null;

  async function ask(): Promise<ScimService> {
    const candidates = known === null ? PATHS : [known];
    for (const path of candidates) {
      if (!(await probe(path))) continue;
      const found = known === null;
      known = path;
      if (found) await remember(path);
      return { path, entitled: true };
    }
    return { path: candidates.at(-1) ?? PATHS[0], entitled: false };
  }

  /** One answer for all who ask; a failure or a refusal is asked again next time, since an operator may have changed it. */
  function service(): Promise<ScimService> {
    if (asking !== null) return asking;
    const mine = ask();
    asking = mine;
    const forget = (): void => {
      if (asking === mine) asking = null;
    };
    mine.then(({ entitled }) => {
      if (!entitled) forget();
    }, forget);
    return mine;
  }

  return {
    service,
    known: () => known,
    async resolve() {
      if (known !== null) return known;
      const { path, entitled } = await service();
      if (entitled) return path;
      throw new DomainError(
        'drift.unreachable',
        'Drift answers SCIM neither at /scim/v2 nor at /scim: the organisation is not entitled to it, or the token is not.',
      );
    },
  };
}
