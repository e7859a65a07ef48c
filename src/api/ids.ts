import { z } from 'zod';
import { DomainError } from '../core/errors.ts';

/** Ids are bare UUIDs in the store and carry their kind outside, so that one pasted into the wrong place says so. */
const KINDS = {
  run: 'run',
  pln: 'plan',
  chg: 'change',
  per: 'person',
  imp: 'import',
  apr: 'approval',
  snp: 'snapshot',
  opb: 'batch',
  evt: 'event',
};

export type IdKind = keyof typeof KINDS;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function publicId(kind: IdKind, id: string): string {
  return `${kind}_${id}`;
}

/** An id of a store that may be of a person or of a Drift account: only the first is ours. */
export function personOrAccount(id: string): string {
  return UUID.test(id) ? publicId('per', id) : id;
}

/** The bare id, or null where the text is not an id of this kind. */
export function storeId(kind: IdKind, text: string): string | null {
  const bare = text.startsWith(`${kind}_`) ? text.slice(kind.length + 1) : text;
  return UUID.test(bare) ? bare : null;
}

/** An id in a path; what is none of this kind names nothing that exists. Gives the bare id. */
export function idInPath(kind: IdKind): z.ZodType<string, string> {
  return z
    .string()
    .transform((text) => {
      const id = storeId(kind, text);
      if (id !== null) return id;
      const other = Object.entries(KINDS).find(([prefix]) => text.startsWith(`${prefix}_`))?.[1];
      throw new DomainError(
        'not_found',
        other === undefined
          ? `This is not the id of a ${KINDS[kind]}: those look like ${kind}_0198c0de-…`
          : `This is the id of a ${other}, and a ${KINDS[kind]} is asked for.`,
      );
    })
    .describe(`${kind}_… (id of a ${KINDS[kind]})`);
}

/** An id in a body or query; the bare id comes out, anything else is a fault at its place. */
export function idInBody(kind: IdKind): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => storeId(kind, text) !== null, `must be the id of a ${KINDS[kind]} (${kind}_…)`)
    .transform((text) => storeId(kind, text) ?? text);
}
