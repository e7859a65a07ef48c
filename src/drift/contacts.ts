import type { Capabilities } from '../core/capabilities.ts';
import type { OwnedContact, RecalledContacts } from '../flows/drift-port.ts';
import type { Clock } from '../flows/ports.ts';
import type { DriftClient } from './client.ts';
import { allContacts, answered, answeredOrNull, unreachable } from './listing.ts';
import { findContacts, findContactsByExternalId, getContact, listContacts } from './operations/contacts.ts';
import type { Ownership } from './ownership.ts';

/** A listing that was refused is not asked for again for so long. */
const REFUSAL_HOLDS_MS = 24 * 3_600_000;
/** Contacts of one e-mail that are looked at. */
const MOST_OF_ONE_EMAIL = 100;

export interface Contacts {
  list(): Promise<readonly OwnedContact[] | null>;
  read(contactId: string): Promise<OwnedContact | null>;
  recall(by: 'id' | 'email' | 'external_id', key: string): Promise<RecalledContacts>;
}

/** Contacts as far as their owners go, by the ways that this organisation has. */
export function createContacts(options: {
  readonly client: DriftClient;
  readonly clock: Pick<Clock, 'now'>;
  readonly ownership: Ownership;
  readonly capabilities: Capabilities | null;
}): Contacts {
  const { client, clock, ownership, capabilities } = options;
  let wasListed = capabilities?.contactListing === 'listed';

  function isKnownRefusal(): boolean {
    if (capabilities?.contactListing !== 'refused') return false;
    return Date.parse(clock.now()) - Date.parse(capabilities.probedAt) < REFUSAL_HOLDS_MS;
  }

  return {
    async list() {
      if (isKnownRefusal()) return null;
      const contacts = await allContacts(client);
      // Once it could be listed: then a refusal is no reason to prove "nothing owned" by what is known alone.
      if (contacts === null && wasListed) {
        throw unreachable(
          listContacts.name,
          'the list was there before; run "bridge doctor --probe" if it is gone for good',
        );
      }
      wasListed = contacts !== null;
      return contacts === null ? null : ownership.contacts(contacts);
    },
    async read(contactId) {
      const contact = answeredOrNull(getContact.name, await client.call(getContact, { params: { contactId } }));
      return contact === null ? null : ((await ownership.contacts([contact.data]))[0] ?? null);
    },
    async recall(by, key) {
      if (by === 'id') {
        const called = await client.call(getContact, { params: { contactId: key } });
        if (called.kind === 'refused' && called.status === 404) return { kind: 'gone' };
        // CONTACT-2: not there, or not for this token to see; neither says that it is gone (Drift API notes 1.5).
        if (called.kind === 'refused' && called.status === 401 && called.code !== 'credential_dead') {
          return { kind: 'hidden' };
        }
        return { kind: 'seen', contacts: await ownership.contacts([answered(getContact.name, called).data]) };
      }
      const { data } =
        by === 'email'
          ? answered(
              findContacts.name,
              await client.call(findContacts, { query: { email: key, limit: MOST_OF_ONE_EMAIL } }),
            )
          : answered(
              findContactsByExternalId.name,
              await client.call(findContactsByExternalId, { query: { idType: 'external', id: key } }),
            );
      return { kind: 'seen', contacts: await ownership.contacts(data) };
    },
  };
}
