// Contact, conversation and message ids are 64-bit (Drift API notes 1.1): as JavaScript numbers they would be rounded.
// Integers beyond 2^53 are read as BigInt, and a BigInt is written as a plain JSON number.

interface LosslessJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  stringify(value: unknown, replacer: (key: string, value: unknown) => unknown): string | undefined;
  rawJSON(text: string): unknown;
}

// TypeScript's library does not know JSON.rawJSON and the reviver's third parameter yet.
const json = JSON as unknown as LosslessJson;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON; integers outside the safe range become BigInt. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** Serialises to JSON; BigInt becomes a plain JSON number. Throws TypeError or RangeError for what is no JSON, or too deep. */
export function writeJson(value: unknown): string {
  const text = json.stringify(value, (_key, item) => (typeof item === 'bigint' ? json.rawJSON(item.toString()) : item));
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
