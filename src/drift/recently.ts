/**
 * Whether `at` is less than `ms` ago; all in milliseconds. What lies in the future is not: the clock was set back since, and
 * nobody knows how long ago it was.
 */
export function isWithin(ms: number, at: number, now: number): boolean {
  const age = now - at;
  return age >= 0 && age < ms;
}
