import type { Comparison, FilterValue } from '../core/query.ts';
import type { Attribute } from './attribute.ts';
import { instant } from './instant.ts';
import type { Token } from './lexer.ts';

export type Literal =
  { readonly kind: 'value'; readonly value: FilterValue } | { readonly kind: 'wrong'; readonly message: string };

const ORDERED: ReadonlySet<Comparison> = new Set(['gt', 'ge', 'lt', 'le']);
const PARTIAL: ReadonlySet<Comparison> = new Set(['co', 'sw', 'ew']);

/**
 * The value of a comparison in the type of its attribute: `"True"` for a boolean (as Entra sends), a number in quotes,
 * an instant in any offset as UTC. What cannot be compared is said, not guessed (RFC 7644 3.4.2.2).
 */
export function literal(attribute: Attribute, op: Comparison, token: Token): Literal {
  if (token.kind !== 'text' && token.kind !== 'word') return wrong('expected a value');
  const quoted = token.kind === 'text';
  const raw = quoted ? token.value : token.text;
  const word = raw.toLowerCase();
  if (!quoted && word === 'null')
    return op === 'eq' || op === 'ne' ? value(null) : wrong('null can be compared by eq and ne only');
  if (!quoted && word !== 'true' && word !== 'false' && number(raw) === undefined) {
    return wrong('a value is a text in quotes, a number, true, false or null');
  }
  switch (attribute.type) {
    case 'boolean':
      if (ORDERED.has(op) || PARTIAL.has(op)) return wrong(`${attribute.name} is a boolean: only eq, ne and pr apply`);
      if (word === 'true') return value(true);
      return word === 'false' ? value(false) : wrong(`${attribute.name} is true or false`);
    case 'integer':
    case 'decimal': {
      if (PARTIAL.has(op)) return wrong(`${attribute.name} is a number: co, sw and ew do not apply`);
      const parsed = number(raw);
      return parsed === undefined ? wrong(`${attribute.name} is a number`) : value(parsed);
    }
    case 'dateTime': {
      if (PARTIAL.has(op)) return value(raw);
      const parsed = instant(raw);
      return parsed === undefined
        ? wrong(`${attribute.name} is an instant such as 2024-01-31T09:00:00Z`)
        : value(parsed);
    }
    case 'binary':
      return ORDERED.has(op) ? wrong(`${attribute.name} is binary: it has no order`) : value(raw);
    case 'string':
    case 'reference':
      return value(raw);
    case 'complex':
      return wrong(`${attribute.name} has no value of its own to compare`);
  }
}

const DIGITS = '0123456789+-.eE';

/** A JSON number; undefined for anything else (`Number` alone would take blanks, hexadecimals and `Infinity`). */
function number(text: string): number | undefined {
  if (text === '') return undefined;
  for (let at = 0; at < text.length; at += 1) if (!DIGITS.includes(text.charAt(at))) return undefined;
  const parsed = Number(text);
  return Number.isFinite(parsed) ? parsed : undefined;
}

function value(of: FilterValue): Literal {
  return { kind: 'value', value: of };
}

function wrong(message: string): Literal {
  return { kind: 'wrong', message };
}
