import type { DeprovisionPermit, Effect } from '../flows/drift-port.ts';
import type { DriftClient } from './client.ts';
import { allRestUsers, allScimUsers, sameName } from './listing.ts';
import { gdprDelete } from './operations/privacy.ts';

/** Whether an agent has this e-mail in either view, as the lists show it, unmerged. */
export async function hasAgent(client: DriftClient, orgId: string | undefined, email: string): Promise<boolean> {
  const [scim, rest] = [await allScimUsers(client), await allRestUsers(client, orgId)];
  return (
    rest.some((user) => sameName(user.email, email)) ||
    scim.some(({ userName, emails }) =>
      [userName, ...(emails ?? []).map(({ value }) => value)].some((name) => sameName(name, email)),
    )
  );
}

/** Erases agents of that e-mail as well, for good (Drift API notes 2.8): whoever calls has asked `hasAgent` right before. */
export async function eraseContacts(
  client: DriftClient,
  email: string,
  permit: DeprovisionPermit,
): Promise<Effect<null>> {
  const called = await client.call(gdprDelete, { body: { email }, permit });
  return called.kind === 'ok' ? { kind: 'ok', value: null } : called;
}
