import { isIP } from 'node:net';
import { z } from 'zod';

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** An address without anything that could carry a secret: `http:` where `plain` allows the host. */
function located(plain: (host: string) => boolean, why: string): z.ZodType<string, string> {
  const of = (text: string): URL => new URL(text);
  return z
    .string()
    .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
      error: 'must be an absolute http(s) address',
      abort: true,
    })
    .refine((text) => `${of(text).username}${of(text).password}` === '', 'must not hold a user name or password')
    .refine((text) => of(text).protocol === 'https:' || plain(of(text).hostname), why);
}

/** The base of other addresses: nothing that could be cut off, and no slash at the end. */
export function address(plain: (host: string) => boolean, why: string): z.ZodType<string, string> {
  return located(plain, why)
    .refine((text) => !/[?#]/.test(text), 'must not hold a query or fragment')
    .transform((text) => new URL(text).href.replace(/\/+$/, ''));
}

/** The address of one document, as it is: an issuer's key set may need its query. */
export function documentAddress(why: string): z.ZodType<string, string> {
  return located(isLoopback, why).refine((text) => !text.includes('#'), 'must not hold a fragment');
}
