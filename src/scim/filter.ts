import { DomainError } from '../core/errors.ts';
import { type Comparison, FILTER_LIMITS, type Filter } from '../core/query.ts';
import type { Attribute } from './attribute.ts';
import { literal } from './filter-value.ts';
import { LexicalError, type Token, isName, tokenise } from './lexer.ts';
import { type Place, type ResourceDefinition, resolvePlace, subAttribute } from './schema.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);

/** Where names are looked up: in a resource type, or inside the brackets of one multi-valued attribute. */
type Scope = { readonly kind: 'resource' } | { readonly kind: 'element'; readonly place: Place };

/** One open bracket: what was read in it so far. `or` binds weaker than `and` (RFC 7644 3.4.2.2). */
interface Frame {
  readonly opens: '(' | '[' | 'start';
  readonly negated: boolean;
  readonly scope: Scope;
  readonly at: number;
  readonly alternatives: Filter[];
  conjuncts: Filter[];
}

export interface FilterOptions {
  /** A name that the schema lacks is refused, or has no value (search over all types, RFC 7644 3.4.2.1). */
  readonly unknown?: 'refuse' | 'no_value';
}

/**
 * Parses a whole filter to names of the schema. Iterative and capped in length, depth and clauses, so that no input
 * costs more than its length. Throws DomainError `scim.invalid_filter` that names the character.
 */
export function parseFilter(definition: ResourceDefinition, input: string, options: FilterOptions = {}): Filter {
  if (input.length > FILTER_LIMITS.length) {
    throw invalid(`longer than ${FILTER_LIMITS.length} characters`, FILTER_LIMITS.length);
  }
  return new FilterParser(definition, readTokens(input), options.unknown ?? 'refuse').whole();
}

/**
 * The filter between the brackets of a PATCH path (RFC 7644 3.5.2): its names are sub-attributes of `place`.
 * `tokens` stand between the brackets, followed by an `end`.
 */
export function parseElementFilter(definition: ResourceDefinition, tokens: readonly Token[], place: Place): Filter {
  return new FilterParser(definition, tokens, 'refuse').whole({ kind: 'element', place });
}

function readTokens(input: string): readonly Token[] {
  try {
    return tokenise(input);
  } catch (error) {
    if (error instanceof LexicalError) throw invalid(error.message, error.at);
    throw error;
  }
}

class FilterParser {
  readonly #definition: ResourceDefinition;
  readonly #tokens: readonly Token[];
  readonly #unknown: 'refuse' | 'no_value';
  readonly #frames: Frame[] = [];
  #next = 0;
  #clauses = 0;

  constructor(definition: ResourceDefinition, tokens: readonly Token[], unknown: 'refuse' | 'no_value') {
    this.#definition = definition;
    this.#tokens = tokens;
    this.#unknown = unknown;
  }

  whole(scope: Scope = { kind: 'resource' }): Filter {
    this.#open('start', false, scope, 0);
    for (;;) {
      this.#operand();
      // After an operand: closing brackets, then `and`, `or` or the end.
      let token = this.#take();
      while (token.kind === ')' || token.kind === ']') {
        this.#close(token);
        token = this.#take();
      }
      const frame = this.#frame();
      if (token.kind === 'end') {
        if (frame.opens !== 'start') throw invalid('a bracket is not closed', frame.at);
        return result(frame);
      }
      const word = token.kind === 'word' ? token.text.toLowerCase() : '';
      if (word === 'or') {
        frame.alternatives.push(joined('and', frame.conjuncts));
        frame.conjuncts = [];
      } else if (word !== 'and') {
        throw invalid('expected "and", "or" or the end', token.at);
      }
    }
  }

  /** Reads to the end of one operand, through any number of opening brackets before it. */
  #operand(): void {
    for (;;) {
      const token = this.#take();
      const scope = this.#frame().scope;
      if (token.kind === '(') {
        this.#open('(', false, scope, token.at);
      } else if (token.kind === 'word' && token.text.toLowerCase() === 'not' && this.#peek().kind === '(') {
        this.#open('(', true, scope, this.#take().at);
      } else if (token.kind !== 'word') {
        throw invalid('expected an attribute', token.at);
      } else if (this.#peek().kind === '[') {
        const bracket = this.#take();
        if (scope.kind === 'element') throw invalid('brackets inside brackets', bracket.at);
        this.#open('[', false, { kind: 'element', place: this.#multiValued(token.text, token.at) }, bracket.at);
      } else {
        this.#frame().conjuncts.push(this.#clause(this.#place(scope, token.text, token.at), token.at));
        return;
      }
    }
  }

  #close(token: Token): void {
    const frame = this.#frame();
    const opening = token.kind === ')' ? '(' : '[';
    if (frame.opens !== opening) throw invalid(`nothing is open that "${token.kind}" closes`, token.at);
    this.#frames.pop();
    const inner = result(frame);
    const outer = this.#frame();
    if (frame.scope.kind !== 'element' || frame.opens === '(') {
      outer.conjuncts.push(frame.negated ? { kind: 'not', part: inner } : inner);
      return;
    }
    const { place } = frame.scope;
    const after = this.#peek();
    if (after.kind === 'word' && after.text.startsWith('.')) {
      // `emails[type eq "work"].value eq "x"` is outside the grammar, but Entra matches users by it.
      this.#take();
      const extra = this.#clause(this.#sub(place, after.text.slice(1), after.at), after.at);
      outer.conjuncts.push({ kind: 'element', path: place.path, where: joined('and', [inner, extra]) });
    } else {
      outer.conjuncts.push({ kind: 'element', path: place.path, where: inner });
    }
  }

  #clause(place: Place, at: number): Filter {
    this.#clauses += 1;
    if (this.#clauses > FILTER_LIMITS.clauses) throw invalid(`more than ${FILTER_LIMITS.clauses} clauses`, at);
    const operator = this.#take();
    const op = operator.kind === 'word' ? operator.text.toLowerCase() : '';
    if (op === 'pr') return { kind: 'present', path: place.path };
    if (!COMPARISONS.has(op))
      throw invalid('expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)', operator.at);
    const value = this.#take();
    if (value.kind !== 'text' && value.kind !== 'word') throw invalid('expected a value', value.at);
    const compared = comparedPlace(place, at);
    const parsed = literal(compared.attribute, op as Comparison, value);
    if (parsed.kind === 'wrong') throw invalid(parsed.message, value.at);
    return { kind: 'compare', path: compared.path, op: op as Comparison, value: parsed.value };
  }

  #place(scope: Scope, name: string, at: number): Place {
    if (scope.kind === 'element') return this.#sub(scope.place, name, at);
    const place = isName(name) ? resolvePlace(this.#definition, name) : undefined;
    if (place !== undefined && place.attribute.returned !== 'never') return place;
    if (place === undefined && isName(name) && this.#unknown === 'no_value') return unknownPlace(name);
    throw invalid(`no attribute that can be filtered is named so`, at);
  }

  #multiValued(name: string, at: number): Place {
    const place = this.#place({ kind: 'resource' }, name, at);
    if (place.attribute.type !== 'complex' || place.parent !== undefined) {
      throw invalid('brackets may follow a complex attribute only', at);
    }
    return place;
  }

  #sub(place: Place, name: string, at: number): Place {
    const attribute = subAttribute(place.attribute, name);
    if (attribute === undefined) throw invalid(`${place.attribute.name} has no sub-attribute of this name`, at);
    return { path: { ...place.path, sub: attribute.name }, attribute, parent: place.attribute };
  }

  #open(opens: Frame['opens'], negated: boolean, scope: Scope, at: number): void {
    if (this.#frames.length > FILTER_LIMITS.depth) throw invalid(`deeper than ${FILTER_LIMITS.depth} brackets`, at);
    this.#frames.push({ opens, negated, scope, at, alternatives: [], conjuncts: [] });
  }

  #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw invalid('a bracket too many', 0);
    return frame;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }
}

function result(frame: Frame): Filter {
  return joined('or', [...frame.alternatives, joined('and', frame.conjuncts)]);
}

function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}

/** A complex attribute is compared by its `value` (RFC 7644 3.4.2.2; Entra sends `manager eq "id"`). */
function comparedPlace(place: Place, at: number): Place {
  if (place.attribute.type !== 'complex') return place;
  const value = subAttribute(place.attribute, 'value');
  if (value === undefined) throw invalid(`${place.attribute.name} has no value of its own to compare`, at);
  return { path: { ...place.path, sub: value.name }, attribute: value, parent: place.attribute };
}

const UNKNOWN: Omit<Attribute, 'name'> = {
  type: 'string',
  description: '',
  multiValued: false,
  required: false,
  caseExact: true,
  mutability: 'readOnly',
  returned: 'default',
  uniqueness: 'none',
  canonicalValues: [],
  referenceTypes: [],
  subAttributes: [],
};

function unknownPlace(name: string): Place {
  return { path: { attribute: name }, attribute: { ...UNKNOWN, name } };
}

function invalid(message: string, at: number): DomainError {
  const place = `character ${at + 1}`;
  return new DomainError('scim.invalid_filter', `The filter is not valid at ${place}: ${message}.`, {
    places: [{ path: 'filter', code: 'invalid_filter', message: `${place}: ${message}` }],
  });
}
