import { GROUP, USER, pathText } from './schema.ts';

/** What the log keeps of an address: the route, a resource id of ours, names and operators; never a value. */
export interface RequestShape {
  readonly path: string;
  readonly resourceId: string | undefined;
}

const VALUE = '…';
/** Stands for a name or segment that is none of ours: it may be a value. */
const OTHER = '{other}';
/** Characters of a path in the log. */
const LONGEST = 500;
/** Query parameters, and names in a list of them, that are looked at. */
const MOST_PARTS = 20;
/** Characters of an address that are looked at. */
const MOST_READ = 8192;

const ROOTS: ReadonlySet<string> = new Set(['Users', 'Groups', 'Bulk', 'Me', '.search']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const BLANKS = ' \t\r\n';
/** What ends a word of a filter. */
const ENDS: ReadonlySet<number> = new Set(Buffer.from(`${BLANKS}()[]"`));
const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'pr']);

/** Names that stand within brackets, or behind them with a dot, in lower case. */
const SUB_ATTRIBUTES: ReadonlyMap<string, string> = new Map(
  [USER, GROUP].flatMap(({ places }) =>
    [...places.values()].flatMap(({ path: { sub } }) =>
      sub === undefined ? [] : ([sub, `.${sub}`] as const).map((name) => [name.toLowerCase(), name] as const),
    ),
  ),
);

const BASE = '/scim/v2';

/** Attribute names of all schemas, by the lower-case name that leads to them. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [GROUP, USER].flatMap(({ places }) => [...places].map(([name, { path }]) => [name, pathText(path)] as const)),
);

/** Of an address, such as `/scim/v2/Users?filter=…`, also relative to the service. */
export function requestShape(address: string): RequestShape {
  const url = address.startsWith(`${BASE}/`) ? address.slice(BASE.length) : address;
  const mark = url.indexOf('?');
  const [root = '', id, ...rest] = (mark < 0 ? url : url.slice(0, mark)).slice(1).split('/');
  let path = ROOTS.has(root) ? `/${root}` : `/${OTHER}`;
  let resourceId: string | undefined;
  if (id !== undefined && id !== '') {
    const isOurs = (root === 'Users' || root === 'Groups') && UUID.test(id);
    if (isOurs) resourceId = id.toLowerCase();
    path += `/${resourceId ?? (id === '.search' ? id : OTHER)}`;
  }
  if (rest.some((segment) => segment !== '')) path += `/${OTHER}`;
  if (mark >= 0) path += `?${queryShape(url.slice(mark + 1, MOST_READ))}`;
  return { path: path.length > LONGEST ? `${path.slice(0, LONGEST - 1)}${VALUE}` : path, resourceId };
}

function queryShape(query: string): string {
  const parts = query.split('&', MOST_PARTS + 1);
  const shown = parts.slice(0, MOST_PARTS).map((part) => {
    const equals = part.indexOf('=');
    const name = decoded(equals < 0 ? part : part.slice(0, equals));
    return parameterShape(name, equals < 0 ? '' : decoded(part.slice(equals + 1)));
  });
  return [...shown, ...(parts.length > MOST_PARTS ? [VALUE] : [])].join('&');
}

function parameterShape(name: string | null, value: string | null): string {
  switch (name) {
    case 'filter':
      return `filter=${value === null ? OTHER : filterShape(value)}`;
    case 'attributes':
    case 'excludedAttributes':
      return `${name}=${(value ?? '').split(',', MOST_PARTS).map(nameShape).join(',')}`;
    case 'sortBy':
      return `sortBy=${nameShape(value ?? '')}`;
    case 'sortOrder':
      return `sortOrder=${value === 'ascending' || value === 'descending' ? value : VALUE}`;
    case 'startIndex':
    case 'count':
      return `${name}=${value !== null && /^\d{1,7}$/.test(value) ? value : VALUE}`;
    case 'cursor':
      return `cursor=${VALUE}`;
    default:
      return OTHER;
  }
}

/** Null where it is not correctly percent-encoded. */
function decoded(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch {
    return null;
  }
}

function nameShape(name: string): string {
  return knownName(name.trim()) ?? OTHER;
}

function knownName(name: string): string | undefined {
  return NAMES.get(name.toLowerCase());
}

/**
 * A filter with everything that may be a value left out, also where it is none that can be parsed: words are kept only
 * when they are operators, or names of the schema in a place for names.
 */
export function filterShape(filter: string): string {
  const words: string[] = [];
  let afterComparison = false;
  let inBrackets = false;
  // So many words are longer than what is shown.
  for (let at = 0; at < filter.length && words.length <= LONGEST;) {
    const character = filter.charAt(at);
    if (BLANKS.includes(character)) {
      at += 1;
      continue;
    }
    if (character === '"') {
      at = behindQuote(filter, at);
      words.push(VALUE);
      afterComparison = false;
      continue;
    }
    if (character === '(' || character === ')' || character === '[' || character === ']') {
      at += 1;
      words.push(character);
      if (character === '[' || character === ']') inBrackets = character === '[';
      afterComparison = false;
      continue;
    }
    const start = at;
    while (at < filter.length && !ENDS.has(filter.charCodeAt(at))) at += 1;
    const word = filter.slice(start, at);
    const shown = afterComparison ? VALUE : wordShape(word, inBrackets || filter.charAt(start - 1) === ']');
    words.push(shown);
    afterComparison = COMPARISONS.has(shown);
  }
  return joined(words);
}

function wordShape(word: string, isInner: boolean): string {
  const lower = word.toLowerCase();
  if (COMPARISONS.has(lower) || WORDS.has(lower)) return lower;
  return (isInner ? SUB_ATTRIBUTES.get(lower) : undefined) ?? knownName(word) ?? VALUE;
}

/** The position behind a text in quotes, or the end where it is not closed. */
function behindQuote(filter: string, start: number): number {
  const quote = filter.indexOf('"', start + 1);
  const escape = filter.indexOf('\\', start + 1);
  if (quote >= 0 && (escape < 0 || escape > quote)) return quote + 1;
  for (let at = start + 1; at < filter.length; at += 1) {
    const character = filter.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
  }
  return filter.length;
}

/** As people write it: no blank within brackets, nor before `[` and `].value`. */
function joined(words: readonly string[]): string {
  let text = '';
  for (const word of words) {
    const tight =
      text === '' || text.endsWith('(') || text.endsWith('[') || word === ')' || word === '[' || word === ']';
    text += tight || (word.startsWith('.') && text.endsWith(']')) ? word : ` ${word}`;
    if (text.length > LONGEST) return text;
  }
  return text;
}
