import { indexedContact, strict } from './contacts.ts';
import { type Call, contactError, jsonBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isObject } from './json.ts';
import type { Contact } from './model.ts';
import { type Org, putContact } from './org.ts';

const malformed = (message: string): Refusal => contactError('CONTACT-4', message);

/** Tags of contacts, where the setting has them (Drift API notes 3, "contact tags"). The form of the answers is assumed. */
export function tagRoutes(org: Org): readonly Route[] {
  const read = { scope: 'contact_read' } as const;
  const write = { scope: 'contact_write' } as const;
  const routes: readonly Route[] = [
    { method: 'GET', path: '/contacts/:id/tags', ...read, handle: (call) => list(org, call) },
    { method: 'POST', path: '/contacts/:id/tags', ...write, handle: (call) => add(org, call) },
    { method: 'POST', path: '/contacts/:id/tags/delete/_bulk', ...write, handle: (call) => removeMany(org, call) },
    { method: 'DELETE', path: '/contacts/:id/tags/:name', ...write, handle: (call) => removeOne(org, call) },
  ];
  return routes.map((route) => ({
    ...route,
    handle: strict((call) => {
      if (org.settings().contactTags === 'unsupported') throw restError('not_found', 'No such resource');
      return route.handle(call);
    }),
  }));
}

const tagsOf = (contact: Contact): Reply['body'] => ({ data: (contact.tags ?? []).map((name) => ({ name })) });

function list(org: Org, call: Call): Reply {
  return { status: 200, body: tagsOf(indexedContact(org, call)) };
}

/** The names that a body lists as `[{"name": …}]`. A name without a known tag is CONTACT-9. */
function names(org: Org, call: Call): readonly string[] {
  const sent = jsonBody(call, malformed);
  if (!Array.isArray(sent) || sent.length === 0) throw malformed('the body must be a list of tags');
  const known = org.settings().knownTags;
  return sent.map((tag: unknown) => {
    const name = isObject(tag) ? tag['name'] : undefined;
    if (typeof name !== 'string' || !known.includes(name)) {
      throw contactError('CONTACT-9', 'a tag needs the name of a known tag');
    }
    return name;
  });
}

function add(org: Org, call: Call): Reply {
  const before = indexedContact(org, call);
  const contact = tagged(org, before, [...(before.tags ?? []), ...names(org, call)], call);
  return { status: 200, body: tagsOf(contact), effect: { kind: 'contact.tag', id: contact.id } };
}

function removeMany(org: Org, call: Call): Reply {
  return remove(org, call, indexedContact(org, call), names(org, call));
}

function removeOne(org: Org, call: Call): Reply {
  return remove(org, call, indexedContact(org, call), [call.params['name'] ?? '']);
}

function remove(org: Org, call: Call, before: Contact, gone: readonly string[]): Reply {
  const kept = (before.tags ?? []).filter((name) => !gone.includes(name));
  const contact = tagged(org, before, kept, call);
  return { status: 200, body: { result: 'OK', ok: true }, effect: { kind: 'contact.untag', id: contact.id } };
}

function tagged(org: Org, before: Contact, tags: readonly string[], call: Call): Contact {
  const contact = { ...before, tags: [...new Set(tags)], version: before.version + 1 };
  putContact(org, contact, call.now);
  return contact;
}
