import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';

/** The static secrets that prove a webhook of Drift (Drift API notes 5.1): one, or two while they are exchanged. */
export interface VerificationTokens {
  readonly count: number;
  isOne(text: string): boolean;
  /** Whether both texts are the same one of them. */
  areOne(first: string, second: string): boolean;
}

/**
 * Compares keyed hashes, each in constant time and always all of them: how long it takes tells neither how much of a
 * guess is right nor which token it is like. The key lives as long as the process.
 */
export function createVerificationTokens(
  tokens: readonly string[],
  isSame: (left: Uint8Array, right: Uint8Array) => boolean = timingSafeEqual,
): VerificationTokens {
  const key = createSecretKey(randomBytes(32));
  const digest = (text: string): Uint8Array => createHmac('sha256', key).update(text).digest();
  const known = tokens.map(digest);

  /** How many of the tokens it is: none, or one. */
  function matches(given: Uint8Array): number {
    let found = 0;
    for (const candidate of known) found += Number(isSame(given, candidate));
    return found;
  }

  return {
    count: known.length,
    isOne: (text) => matches(digest(text)) > 0,
    areOne(first, second) {
      const [left, right] = [digest(first), digest(second)];
      const [isKnown, agree] = [matches(left), Number(isSame(left, right))];
      return isKnown * agree > 0;
    },
  };
}
