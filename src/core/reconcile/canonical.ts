/**
 * One text for one value: object keys sorted, `undefined` dropped, no blanks. What is hashed (plans, rows, accounts)
 * goes through here, so that equal content has an equal hash whoever made the object. Throws TypeError for what JSON
 * cannot say (NaN, functions, maps, dates): a hash over a silent `{}` would prove nothing.
 */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? 'null' : canonicalText(item))).join(',')}]`;
  }
  if (isPlain(value)) {
    const fields = Object.keys(value)
      .sort()
      .filter((key) => value[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`);
    return `{${fields.join(',')}}`;
  }
  throw new TypeError(`canonicalText: a ${typeof value} has no canonical form`);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
