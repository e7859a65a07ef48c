import type { Exchange, Headers } from './transport.ts';

/** Takes secrets out of what somebody else says: servers repeat what they were sent, in errors above all. */
export interface Conceal {
  /** Every known secret that stands there whole: as it is, percent-encoded, or in base64. Quick, for long answers. */
  whole(text: string): string;
  /** Also pieces of 12 characters of any of these. For what is short, or leaves the room. */
  parts(text: string): string;
}

export interface Concealment extends Conceal {
  /** From now on this is a secret, whatever is renewed later. */
  learn(...secrets: readonly string[]): void;
}

const PIECE = 12;
/** A word that short is no secret, and would tear holes into texts. */
const SHORTEST = 8;
/** Tokens that were renewed are remembered so far back. */
const REMEMBERED = 16;
/** Characters of an answer that is looked through piece by piece. */
const SHORT = 16_384;
const HOLE = '[…]';

export function createConcealment(...secrets: readonly string[]): Concealment {
  let known: readonly { readonly secret: string; readonly spelled: readonly string[] }[] = [];
  let pieces: ReadonlySet<string> = new Set();

  function learn(...more: readonly string[]): void {
    const fresh = [...new Set(more)].filter(
      (secret) => secret.length >= SHORTEST && !known.some((one) => one.secret === secret),
    );
    if (fresh.length === 0) return;
    known = [...known, ...fresh.map((secret) => ({ secret, spelled: spellings(secret) }))].slice(-REMEMBERED);
    pieces = new Set(known.flatMap(({ spelled }) => spelled.flatMap(piecesOf)));
  }
  learn(...secrets);

  function whole(text: string): string {
    let left = text;
    for (const { spelled } of known) {
      for (const spelling of spelled) if (left.includes(spelling)) left = left.replaceAll(spelling, HOLE);
    }
    return left;
  }

  return {
    learn,
    whole,
    parts(text) {
      const hidden = whole(text);
      const marks = new Uint8Array(hidden.length);
      for (let at = 0; at + PIECE <= hidden.length; at += 1) {
        if (pieces.has(hidden.slice(at, at + PIECE))) marks.fill(1, at, at + PIECE);
      }
      return withHoles(hidden, marks);
    },
  };
}

/** One exchange without the secrets that its server repeats. */
export function concealed(exchange: Exchange, conceal: Conceal): Exchange {
  if (exchange.kind !== 'answer') return exchange;
  const { headers, text } = exchange;
  const shown = text === null ? null : text.length > SHORT ? conceal.whole(text) : conceal.parts(text);
  return { ...exchange, headers: withoutSecrets(headers, conceal), text: shown };
}

/**
 * What was read from a JSON text, without the secrets in its texts and names: JSON may spell any character as an escape, so
 * that a secret stands there whole only once it was read. Looked through only where the text, unescaped, holds one.
 */
export function concealedValue(value: unknown, text: string, conceal: Conceal): unknown {
  if (!text.includes('\\')) return value;
  const isShort = text.length <= SHORT;
  const hide = (said: string): string => (isShort ? conceal.parts(said) : conceal.whole(said));
  const plain = text.replaceAll(/\\(?:u([0-9a-f]{4})|([^u]))/gi, (_all, code: string | undefined, other: string) =>
    code === undefined ? other : String.fromCharCode(parseInt(code, 16)),
  );
  return hide(plain) === plain ? value : hidden(value, hide);
}

function hidden(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((one) => hidden(one, hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [hide(name), hidden(one, hide)]));
}

function withoutSecrets(headers: Headers, conceal: Conceal): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      conceal.parts(name),
      typeof value === 'string' || value === undefined
        ? value && conceal.parts(value)
        : value.map((one) => conceal.parts(one)),
    ]),
  );
}

/** A secret as it may come back: as it is, percent-encoded, and in base64 wherever it begins within a longer text. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    // Characters at the ends depend on what stands beside the secret.
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  return [...new Set([secret, encodeURIComponent(secret), form, ...base64, ...url])].filter(
    (text) => text.length >= SHORTEST,
  );
}

function piecesOf(text: string): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - PIECE + 1) }, (_, at) => text.slice(at, at + PIECE));
}

function withHoles(text: string, marks: Uint8Array): string {
  let shown = '';
  for (let at = 0; at < text.length; at += 1) {
    if (marks[at] === 0) shown += text.charAt(at);
    else if (at === 0 || marks[at - 1] === 0) shown += HOLE;
  }
  return shown;
}
