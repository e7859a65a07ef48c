import { isIP } from 'node:net';
import { DomainError } from '../core/errors.ts';
import { isLoopback, isPublic } from './address.ts';

const LONGEST_URL = 2048;
const HTTPS_PORT = 443;
const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * The address of a receiver, judged by what can be read from it; what its name resolves to is judged at each connection.
 * Allowed: https to port 443 or 1024 and up, and with `allowLoopback` also http and https to this machine on any port.
 * Throws DomainError `request.invalid`.
 */
export function checkTarget(url: string, { allowLoopback }: { readonly allowLoopback: boolean }): URL {
  const refuse = (why: string): never => {
    throw new DomainError('request.invalid', `The address of the receiver ${why}.`);
  };
  if (url.length > LONGEST_URL) refuse(`is longer than ${String(LONGEST_URL)} characters`);
  const target = URL.canParse(url) ? new URL(url) : refuse('is no URL');
  if (target.protocol !== 'https:' && target.protocol !== 'http:') refuse('must be an https URL');
  if (target.username !== '' || target.password !== '') refuse('must not carry credentials');
  if (target.hash !== '' || url.includes('#')) refuse('must not carry a fragment');

  // URL has already turned every other spelling of an IPv4 address (decimal, octal, hexadecimal, short) into this one.
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const local = isLocalName(host);
  if (local && !allowLoopback) refuse('must not be on this machine');
  if (!local && isIP(host) !== 0 && !isPublic(host)) refuse('must be on the public internet');
  if (target.protocol === 'http:' && !local) refuse('must be an https URL');
  const port = Number(target.port === '' ? HTTPS_PORT : target.port);
  // Below 1024 other services live that were not made to receive this.
  if (!local && port !== HTTPS_PORT && port < FIRST_UNPRIVILEGED_PORT) {
    refuse(`must have port ${String(HTTPS_PORT)} or one from ${String(FIRST_UNPRIVILEGED_PORT)} up`);
  }
  return target;
}

function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/.test(host) || isLoopback(host);
}
