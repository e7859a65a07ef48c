import { fold, isConfusable } from '../../core/fold.ts';
import type { PersonKey, Statement, StoredIdp } from '../people-port.ts';
import type { StoredResource } from '../scim-port.ts';

type Json = Readonly<Record<string, unknown>>;
type Idp = StoredIdp & { readonly userName: string };

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** What an IdP user says of a person: the record that is matched, planned and compared (RFC 7643 4.1, 4.3). */
export function statementOf(
  user: StoredResource,
  state: 'active' | 'inactive' | 'deleted',
  at: string,
  verifiedDomains: readonly string[],
): Statement {
  const data = idpData(user.doc);
  return { source: 'idp', recordKey: user.id, keys: keysOf(data, verifiedDomains), at, state, data };
}

function idpData(doc: Json): Idp {
  const name = objectAt(doc, 'name');
  const enterprise = objectAt(doc, ENTERPRISE);
  return {
    userName: text(doc['userName']) ?? '',
    emails: primaryFirst(valuesAt(doc, 'emails')).flatMap((email) => text(email['value']) ?? []),
    ...present({
      externalId: text(doc['externalId']),
      employeeNumber: text(enterprise['employeeNumber']),
      displayName: text(doc['displayName']),
      given: text(name['givenName']),
      family: text(name['familyName']),
      phone: text(phoneOf(doc)?.['value']),
      locale: text(doc['locale']) ?? text(doc['preferredLanguage']),
      title: text(doc['title']),
      department: text(enterprise['department']),
    }),
  };
}

/** E-mails are keys only in domains that the tenant has proven to own. */
function keysOf(data: Idp, verifiedDomains: readonly string[]): readonly PersonKey[] {
  const domains = new Set(verifiedDomains.map(fold));
  const emails = data.emails.filter((email) => !isConfusable(email) && domains.has(domainOf(fold(email))));
  return [
    { kind: 'user_name', value: fold(data.userName) },
    ...(data.employeeNumber === undefined ? [] : [{ kind: 'employee' as const, value: fold(data.employeeNumber) }]),
    // The client's own identifier: its case counts (RFC 7643 3.1).
    ...(data.externalId === undefined ? [] : [{ kind: 'external' as const, value: data.externalId }]),
    ...[...new Set(emails.map(fold))].map((value) => ({ kind: 'email' as const, value })),
  ];
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

function phoneOf(doc: Json): Json | undefined {
  const phones = primaryFirst(valuesAt(doc, 'phoneNumbers'));
  return (
    phones.find((phone) => phone['primary'] === true) ?? phones.find((phone) => phone['type'] === 'work') ?? phones[0]
  );
}

function primaryFirst(values: readonly Json[]): readonly Json[] {
  return values.toSorted((left, right) => Number(right['primary'] === true) - Number(left['primary'] === true));
}

function valuesAt(doc: Json, name: string): readonly Json[] {
  const values: unknown = doc[name];
  return Array.isArray(values) ? values.filter((value) => isObject(value)) : [];
}

function objectAt(doc: Json, name: string): Json {
  const value = doc[name];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function present<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
