import { z } from 'zod';

import { CONTACT_CODES, type Reply } from './exchange.ts';
import { writeJson } from './json.ts';
import { createStrikes, strikeFields } from './strikes.ts';

/**
 * What can go wrong on demand (Drift API notes 6.1). Before the call takes effect (unless `applied`): `status` (JSON error or the given
 * `body`), `html`, `empty`, `contact-401`, `contact-error` (with its `code`). Before, and never answered: `cut-before`. After the call took effect: `cut-after` (no
 * answer), `cut-body` (connection cut in the middle of the body), `truncate` (a whole answer holding half the JSON),
 * `slow-first-byte`, `slow-body`, `hang` (no answer until `delayMs` or the client gives up), `duplicate` (the answer twice), `huge` (`bytes` of white space before the body),
 * `wrong-org` (every `orgId` in the answer is of another organisation).
 */
const FAULT_KINDS = [
  'status',
  'html',
  'empty',
  'contact-401',
  'contact-error',
  'cut-before',
  'cut-after',
  'cut-body',
  'truncate',
  'slow-first-byte',
  'slow-body',
  'hang',
  'duplicate',
  'huge',
  'wrong-org',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export const faultRuleSchema = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  method: z.string().optional(),
  /** Path without the query; `*` stands for any characters. Absent: every path. */
  path: z.string().optional(),
  ...strikeFields,
  /** For `status` (500), `html` (502) and `empty` (503). */
  status: z.number().int().min(200).max(599).optional(),
  /** For `status`: the raw body instead of Drift's error envelope. */
  body: z.string().optional(),
  /** For `contact-error` (CONTACT-5). */
  code: z.enum(CONTACT_CODES).optional(),
  /** For `huge` (32 MiB). */
  bytes: z.number().int().min(1).max(1_000_000_000).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** For the slow kinds (1000) and `hang` (60000). */
  delayMs: z.number().int().min(0).optional(),
  /** For `status`, `html`, `empty`: the call takes effect all the same. */
  applied: z.boolean().optional(),
});

export type FaultRule = Readonly<z.infer<typeof faultRuleSchema>>;

export interface Faults {
  readonly add: (rule: FaultRule) => void;
  readonly clear: () => void;
  /** The rule that strikes this call, if any. Every rule counts the calls it matches. */
  readonly strike: (method: string, path: string) => FaultRule | undefined;
}

export function createFaults(): Faults {
  const { add, clear, strike } = createStrikes<FaultRule>();
  return {
    add,
    clear,
    strike: (method, path) =>
      strike(
        (rule) =>
          (rule.method === undefined || rule.method.toUpperCase() === method) &&
          (rule.path === undefined || matches(rule.path, path)),
      ),
  };
}

/** Whether the fault keeps the call from taking effect. */
export function preventsEffect(rule: FaultRule): boolean {
  switch (rule.kind) {
    case 'status':
    case 'html':
    case 'empty':
      return rule.applied !== true;
    case 'contact-401':
    case 'contact-error':
    case 'cut-before':
      return true;
    default:
      return false;
  }
}

/** Whether the fault leaves this answer as it is: half of nothing, another organisation where none is named. */
export function changesNothing(rule: FaultRule, { body, error, file }: Reply): boolean {
  switch (rule.kind) {
    case 'truncate':
    case 'cut-body':
    case 'slow-body':
    case 'huge':
      return body === undefined && error === undefined && file === undefined;
    case 'wrong-org':
      return body === undefined || !ORG_ID.test(writeJson(body));
    default:
      return false;
  }
}

/** The same answer from another organisation. */
export function fromAnotherOrg(text: string): string {
  return text.replaceAll(new RegExp(ORG_ID, 'g'), (orgId) => String(Number(orgId) + 1));
}

const ORG_ID = /(?<="orgId":|"orgId:)\d+/;

function matches(pattern: string, path: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!path.startsWith(first)) return false;
  if (rest.length === 0) return path === first;
  let from = first.length;
  for (const piece of rest.slice(0, -1)) {
    const found = path.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  const last = rest.at(-1) ?? '';
  return path.length - last.length >= from && path.endsWith(last);
}
