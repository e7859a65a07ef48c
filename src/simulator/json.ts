// Contact ids are 64-bit (Drift API notes 1.1). A JavaScript number would round them, so integers beyond 2^53 are read as
// BigInt and written back as plain JSON numbers.

interface LosslessJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

// TypeScript's library does not know JSON.rawJSON and the reviver's third parameter yet.
const json = JSON as unknown as LosslessJson;

/** Parses JSON; integers outside the safe range become BigInt. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return json.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
    const source = context.source ?? '';
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** Serialises to JSON; BigInt becomes a plain JSON number. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? json.rawJSON(item.toString()) : item,
  );
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
