import type { Selectable } from 'kysely';
import { fold } from '../core/fold.ts';
import type { CreatedResource, ResourceType, StoredResource } from '../flows/scim-port.ts';
import type { Schema } from './schema.ts';

type Row = Selectable<Schema['scim_resource']>;

/** The columns that a resource is read from; the others are only for looking it up. */
export const STORED = ['id', 'type', 'doc', 'version', 'created_at', 'modified_at', 'person_id'] as const;

export function stored(row: Pick<Row, (typeof STORED)[number]>): StoredResource {
  return {
    id: row.id,
    type: row.type as ResourceType,
    doc: JSON.parse(row.doc) as Readonly<Record<string, unknown>>,
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    ...(row.person_id === null ? {} : { personId: row.person_id }),
  };
}

export function created(row: Row): CreatedResource {
  return { ...stored(row), createHash: row.create_hash };
}

/** The columns that a change may change: the document, and the keys by which it is looked up. */
export function columns(resource: StoredResource) {
  const { doc, type } = resource;
  const userName = text(doc['userName']);
  const displayName = text(doc['displayName']);
  return {
    user_key: type === 'User' && userName !== undefined ? fold(userName) : null,
    display_key: displayName === undefined ? null : fold(displayName),
    external_id: text(doc['externalId']) ?? null,
    active: doc['active'] === false ? 0 : 1,
    version: resource.version,
    doc: JSON.stringify(doc),
    modified_at: resource.modifiedAt,
    person_id: resource.personId ?? null,
  };
}

/** Folded addresses, each once. */
export function emailKeys(doc: StoredResource['doc']): readonly string[] {
  const emails: readonly unknown[] = Array.isArray(doc['emails']) ? doc['emails'] : [];
  const keys = emails.flatMap((email) => {
    const value = typeof email === 'object' && email !== null && 'value' in email ? text(email.value) : undefined;
    return value === undefined ? [] : [fold(value)];
  });
  return [...new Set(keys)];
}

/** An empty text is no value (RFC 7643 2.5). */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
