import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isLoopback, isPublic } from './address.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. Rejects when there is none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** A name led, or an address was, where nothing may be sent. */
export class ForbiddenAddressError extends Error {
  readonly code = 'ERR_FORBIDDEN_ADDRESS';

  constructor() {
    super('the receiver resolves to an address that is not allowed');
    this.name = 'ForbiddenAddressError';
  }
}

const resolveWithSystem: Resolve = (hostname) => lookup(hostname, { all: true });

/**
 * An Agent that asks for a name once per connection, refuses it when any of its addresses is not allowed, and connects to
 * the very addresses it has judged: a name that answers differently the next time gets nowhere (DNS rebinding).
 */
export function createGuardedAgent(options: {
  readonly allowLoopback: boolean;
  readonly connectMs: number;
  readonly totalMs: number;
  readonly connections: number;
  readonly resolve?: Resolve;
}): Agent {
  const { allowLoopback, connectMs, totalMs, connections, resolve = resolveWithSystem } = options;
  // Plain http carries no proof of who answers: to this machine or not at all.
  const allowed = {
    'http:': (address: string) => allowLoopback && isLoopback(address),
    'https:': (address: string) => isPublic(address) || (allowLoopback && isLoopback(address)),
  };
  const connectors = {
    'http:': connector(allowed['http:'], resolve, connectMs),
    'https:': connector(allowed['https:'], resolve, connectMs),
  };
  return new Agent({
    allowH2: false,
    connections,
    headersTimeout: totalMs,
    bodyTimeout: totalMs,
    connect: (target, callback) => {
      const protocol = target.protocol === 'http:' ? 'http:' : 'https:';
      // The lookup below is not asked for what is an address already.
      if (isIP(target.hostname) !== 0 && !allowed[protocol](target.hostname)) {
        callback(new ForbiddenAddressError(), null);
        return;
      }
      connectors[protocol](target, callback);
    },
  });
}

function connector(
  allowed: (address: string) => boolean,
  resolve: Resolve,
  connectMs: number,
): buildConnector.connector {
  const judged: LookupFunction = (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (first === undefined) {
          callback(Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' }), []);
        } else if (!addresses.every(({ address }) => allowed(address))) {
          callback(new ForbiddenAddressError(), []);
        } else if (all === true) {
          callback(null, [...addresses]);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('the name cannot be resolved'), []),
    );
  };
  return buildConnector({ allowH2: false, timeout: connectMs, lookup: judged });
}
