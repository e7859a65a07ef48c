/**
 * Splits a filter or a PATCH path into tokens: one pass, character by character, no regular expression on what a client
 * sent (RFC 7644 3.4.2.2; plain scimmy takes seconds for 70 characters, docs/decisions/0006).
 */
export type Token =
  | { readonly kind: '(' | ')' | '[' | ']'; readonly at: number }
  /** A name, an operator, a number or a literal: whatever stands between blanks and brackets. */
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

/** What is wrong with the text, and at which character (0-based). */
export class LexicalError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'LexicalError';
    this.at = at;
  }
}

const BLANKS = ' \t\r\n';
const BRACKETS = '()[]';

/** Throws LexicalError. The list always ends with an `end` token. */
export function tokenise(input: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < input.length) {
    const character = input.charAt(at);
    if (BLANKS.includes(character)) {
      at += 1;
    } else if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ kind: character, at });
      at += 1;
    } else if (character === '"') {
      const end = closingQuote(input, at);
      tokens.push({ kind: 'text', value: unescape(input.slice(at, end + 1), at), at });
      at = end + 1;
    } else {
      const start = at;
      while (at < input.length && !endsWord(input.charAt(at))) at += 1;
      tokens.push({ kind: 'word', text: input.slice(start, at), at: start });
    }
  }
  tokens.push({ kind: 'end', at: input.length });
  return tokens;
}

function endsWord(character: string): boolean {
  return BLANKS.includes(character) || BRACKETS.includes(character) || character === '"';
}

function closingQuote(input: string, start: number): number {
  for (let at = start + 1; at < input.length; at += 1) {
    const character = input.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '"') return at;
  }
  throw new LexicalError('a quote is not closed', start);
}

/** The grammar takes JSON strings as they are (RFC 7644 3.4.2.2, `compValue`). */
function unescape(literal: string, at: number): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    throw new LexicalError('a text in quotes is not a JSON string', at);
  }
  if (typeof value !== 'string' || !isStorable(value))
    throw new LexicalError('a text holds a character that no value can hold', at);
  return value;
}

/** No store keeps NUL, and half of a surrogate pair is no character. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

const NAME = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:$/#%';

/** Whether a word can be an attribute name, a sub-attribute or a URN with a name. */
export function isName(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (!NAME.includes(text.charAt(at))) return false;
  return text !== '';
}
