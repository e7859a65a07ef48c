import { type JsonObject, isObject } from './value.ts';

/** bulkIds that something refers to. */
export type BulkReferences = ReadonlySet<string>;

const PREFIX = 'bulkId:';

/**
 * References to what another operation creates (RFC 7644 3.7.2): a whole text `bulkId:x`, the end of a `$ref`, or a
 * quoted text in the path of a PATCH operation, such as `members[value eq "bulkId:x"]`.
 */
export function referencesIn(value: unknown): BulkReferences {
  const found = new Set<string>();
  replaceReferences(value, (bulkId) => {
    found.add(bulkId);
    return bulkId;
  });
  return found;
}

/** The value with ids instead of references. Bodies are bounded in depth before they come here. */
export function replaceReferences(value: unknown, idOf: (bulkId: string) => string, name = ''): unknown {
  if (typeof value === 'string') return replaced(value, idOf, name);
  if (Array.isArray(value)) return value.map((each) => replaceReferences(each, idOf, name));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, replaceReferences(each, idOf, key)] as const);
  return Object.fromEntries(entries) satisfies JsonObject;
}

function replaced(text: string, idOf: (bulkId: string) => string, name: string): string {
  if (!text.includes(PREFIX)) return text;
  if (text.startsWith(PREFIX)) return idOf(text.slice(PREFIX.length));
  switch (name.toLowerCase()) {
    case '$ref': {
      const at = text.lastIndexOf(`/${PREFIX}`);
      return at < 0 ? text : `${text.slice(0, at)}/${idOf(text.slice(at + 1 + PREFIX.length))}`;
    }
    case 'path': {
      const [head = '', ...parts] = text.split(`"${PREFIX}`);
      return parts.reduce((done, part) => {
        const end = part.indexOf('"');
        return end < 0 ? `${done}"${PREFIX}${part}` : `${done}"${idOf(part.slice(0, end))}${part.slice(end)}`;
      }, head);
    }
    default:
      return text;
  }
}
