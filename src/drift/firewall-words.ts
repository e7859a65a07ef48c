// Words that decide over a seat, wherever a careless reader might find them.

/**
 * What a name comes down to for a careless reader: compatibility forms, case (the Turkish i, the long s and the Kelvin sign
 * included, which Java's equalsIgnoreCase takes for ASCII), and everything that is no letter removed.
 */
export function letters(name: string): string {
  return name
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
}

/** Whatever holds one of these may be the end of a seat under another name than `active`. */
const STATE_STEMS =
  /activ|enabl|disabl|delet|remov|suspend|lock|status|state|terminat|provision|archiv|expir|revok|retir|erase|purge|destroy|discard|trash|tombstone|until|valid|enddate|leav|quit|banned|frozen|freez|fired|offboard|licen[cs]|seat|entitle|access|login|signin/;
/** The names under which a state is harmless when it says that the seat is there. */
const SAYS_THERE = /^(is|account|user)*enabled$/;
const SAYS_GONE = /^(is|account|user)*(disabled|deleted|removed|suspended|locked|terminated|archived|expired|revoked)$/;
const STATE = /^(is|account|user)*(status|state)$/;
const THERE: readonly string[] = ['active', 'enabled'];
/** A text that takes a seat away under any name. */
const GONE =
  /^(in|de|un|not)?(active|activated|enabled)$|^(is)?(disabled|deleted|removed|suspended|locked|terminated|archived|expired|revoked|deprovisioned|offboarded|retired|blocked|frozen|banned|left|gone|fired|false|no|off|none|null)$/;

/** That a resource as read may say of its own state: the seat is there. Anything else of a state is not known. */
export function saysSeatIsThere(name: string, value: unknown): boolean {
  const word = letters(name);
  if (SAYS_THERE.test(word)) return value === true;
  if (SAYS_GONE.test(word)) return value === false;
  return STATE.test(word) && typeof value === 'string' && THERE.includes(letters(value));
}

export const speaksOfState = (name: string): boolean => STATE_STEMS.test(letters(name));

/** `active` itself is a state too, but a text that says so is none that takes anything away. */
export const saysSeatIsGone = (text: string): boolean => {
  const word = letters(text);
  return !THERE.includes(word) && (GONE.test(word) || text.trim() === '0');
};

export const isOwnerWord = (text: string): boolean => ['owner', 'accountowner'].includes(letters(text));

/** Names by which a reader could be made to patch, or to look into the machinery, inside a resource. */
export const isMachinery = (name: string): boolean =>
  ['proto', 'prototype', 'constructor', 'operations', 'operation', 'op', 'path'].includes(letters(name));
