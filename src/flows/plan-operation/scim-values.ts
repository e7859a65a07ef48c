import { DomainError, type ErrorPlace } from '../../core/errors.ts';
import type { AttributeName, AttributeValues } from '../../core/identity/attributes.ts';

type Json = Readonly<Record<string, unknown>>;

/** Says nothing that could be planned: what the protocol asks for. */
const SILENT: ReadonlySet<string> = new Set(['schemas', 'id', 'meta', 'active', 'isActive']);

/**
 * The attributes that a SCIM body asks for, in any of the forms that Drift takes (Drift API notes 2.1, 3 "PATCH body"): a
 * resource, whole or in part, or a PatchOp. Throws DomainError `request.invalid` for whatever a plan cannot carry, place by
 * place, so that nothing is left out without a word.
 */
export function scimValues(body: unknown): AttributeValues {
  const resource = isObject(body) ? body : {};
  const operations = resource['Operations'];
  const parts = Array.isArray(operations) ? operations.map(partOf) : [{ at: 'body', part: resource }];
  const values: Partial<Record<AttributeName, string>> = {};
  const places: ErrorPlace[] = [];
  for (const { at, part } of parts) {
    for (const [name, value] of Object.entries(part)) {
      if (/^(is)?active$/i.test(name) && value !== true) {
        throw new DomainError(
          'drift.firewall',
          'In Drift, an agent that is not active is deleted for good: ask for delete-scim-user, which makes a plan of its own.',
        );
      }
      const read = SILENT.has(name) ? {} : readAttribute(name, value);
      if (read === null)
        places.push({ path: `${at}.${name}`, code: 'not_plannable', message: 'is not in a form that a plan carries' });
      else Object.assign(values, read);
    }
  }
  if (
    places.length === 0 &&
    values.userName !== undefined &&
    values.email !== undefined &&
    values.userName !== values.email
  ) {
    places.push({
      path: 'body.emails',
      code: 'not_plannable',
      message: 'Drift keeps one address: it must equal userName',
    });
  }
  if (places.length > 0) {
    throw new DomainError(
      'request.invalid',
      'A plan carries userName, emails, displayName, name, phoneNumbers, locale and roles; the rest of this body cannot be planned.',
      { places },
    );
  }
  const { email, ...others } = values;
  return others.userName === undefined && email !== undefined ? { ...others, userName: email } : others;
}

/** An operation of a PatchOp as a partial resource: `name.givenName` becomes `{name: {givenName}}`. */
function partOf(operation: unknown, index: number): { readonly at: string; readonly part: Json } {
  const at = `body.Operations[${String(index)}]`;
  const { op, path, value } = isObject(operation) ? operation : {};
  if (typeof op !== 'string' || !/^(add|replace)$/i.test(op)) return { at, part: { op: null } };
  if (path === undefined) return { at, part: isObject(value) ? value : { value: null } };
  if (typeof path !== 'string') return { at, part: { path: null } };
  const [name = '', sub] = path.split('.');
  return { at, part: { [name]: sub === undefined ? value : { [sub]: value } } };
}

function readAttribute(name: string, value: unknown): AttributeValues | null {
  switch (name) {
    case 'userName':
    case 'displayName':
    case 'locale':
      return isText(value) ? { [name]: value } : null;
    case 'name':
      return nameOf(value);
    case 'emails':
      return single('email', value);
    case 'phoneNumbers':
      return single('phone', value);
    case 'roles':
      return single('role', value);
    default:
      return null;
  }
}

function nameOf(value: unknown): AttributeValues | null {
  if (!isObject(value)) return null;
  const values: Partial<Record<AttributeName, string>> = {};
  for (const [key, part] of Object.entries(value)) {
    // Drift makes it of the others.
    if (key === 'formatted') continue;
    if ((key !== 'givenName' && key !== 'familyName') || !isText(part)) return null;
    values[key] = part;
  }
  return values;
}

/** The one element that a plan can carry: the primary, where one is marked. */
function single(name: AttributeName, value: unknown): AttributeValues | null {
  const elements = (Array.isArray(value) ? value : [value]).filter(isObject);
  const chosen = elements.find(({ primary }) => primary === true) ?? (elements.length === 1 ? elements[0] : undefined);
  const text = chosen?.['value'];
  return isText(text) ? { [name]: text } : null;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
