import { fold } from '../core/fold.ts';
import type { Account } from '../core/identity/account.ts';
import { ATTRIBUTE_RULES, type AttributeName, type AttributeValues } from '../core/identity/attributes.ts';
import type { ScimUser } from './operations/scim.ts';
import type { RestUser } from './operations/users.ts';

/** The two views of one agent, either of which may be missing. */
export interface Views {
  readonly scim: ScimUser | null;
  readonly rest: RestUser | null;
}

/** REST knows three words, SCIM more; a word that is not in the table contradicts nothing (Drift API notes 4.2). */
const REST_ROLES: Readonly<Record<string, readonly string[]>> = {
  OWNER: ['admin'],
  ADMIN: ['admin'],
  MEMBER: ['member', 'agent'],
};

const BOT_NAME = /^bot-\d+@drift\.com$/i;

/**
 * One agent as the bridge sees it: SCIM's word first, REST's where SCIM shows nothing. The REST id counts as proven only when
 * the REST user has the same e-mail (Drift API notes 4.4); one of another id is given here only where that e-mail is its alone.
 * Null when both views are missing.
 */
export function mergeViews({ scim, rest }: Views): Account | null {
  const id = scim?.id ?? rest?.id;
  if (id === undefined) return null;
  const fromScim = scim === null ? {} : scimValues(scim);
  // Another e-mail: another person may be behind it, so nothing of it is taken over.
  const agree = rest !== null && (scim === null || isSameMail(fromScim, rest.email));
  const fromRest = rest === null || !agree ? {} : restValues(rest);
  const roles = rolesOf(scim);
  const disagreements = scim === null || rest === null ? [] : contradictions(fromScim, rest, agree, roles);
  // The e-mail is what ties the two, and needs no second look.
  const restOnly =
    scim === null ? [] : namesOf(fromRest).filter((name) => name !== 'email' && fromScim[name] === undefined);
  return {
    id,
    ...(agree ? { restId: rest.id } : {}),
    values: { ...fromRest, ...fromScim },
    // A seat that SCIM does not show is none; it says `active` of those it shows.
    active: scim !== null && scim.active !== false,
    bot: rest?.bot === true || [scim?.userName, rest?.email].some((name) => BOT_NAME.test(name ?? '')),
    roles,
    views: { scim: scim !== null, rest: rest !== null },
    disagreements,
    ...(restOnly.length === 0 ? {} : { restOnly }),
  };
}

/**
 * The agent as SCIM shows it now, with what is known of its REST user: its id, and nothing else. Null where REST has to be
 * asked anew: SCIM shows another name of sign-in, or lacks a value that REST alone had.
 */
export function mergeKnown(scim: ScimUser, known: Account): Account | null {
  const now = mergeViews({ scim, rest: null });
  if (now === null || now.id !== known.id) return null;
  const { email = known.values.email } = now.values;
  const isSame = now.values.userName === known.values.userName && email === known.values.email;
  if (!known.views.scim || !isSame) return null;
  if (known.restOnly?.some((name) => now.values[name] === undefined) === true) return null;
  return {
    ...now,
    ...(known.restId === undefined ? {} : { restId: known.restId }),
    values: { ...now.values, ...(email === undefined ? {} : { email }) },
    bot: now.bot || known.bot,
    views: { scim: true, rest: known.views.rest },
    disagreements: known.disagreements,
  };
}

/**
 * Two whole listings as one. Users of one id belong together; where the id spaces differ, an e-mail that only one user of
 * either side has ties them: the REST user of that e-mail is the agent, whatever SCIM calls it.
 */
export function mergeListings(scim: readonly ScimUser[], rest: readonly RestUser[]): readonly Account[] {
  const restById = new Map(rest.map((user) => [user.id, user]));
  const scimIds = new Set(scim.map(({ id }) => id));
  const loose = uniqueByMail(
    rest.filter(({ id }) => !scimIds.has(id)),
    ({ email }) => email,
  );
  const lonely = uniqueByMail(
    scim.filter(({ id }) => !restById.has(id)),
    ({ userName }) => userName,
  );
  const tied = new Set<RestUser>();
  const accounts = scim.map((user) => {
    const mail = fold(user.userName.trim());
    const other = restById.get(user.id) ?? (lonely.get(mail) === user ? loose.get(mail) : undefined);
    if (other !== undefined) tied.add(other);
    return mergeViews({ scim: user, rest: other ?? null });
  });
  const restOnly = rest.filter((user) => !tied.has(user)).map((user) => mergeViews({ scim: null, rest: user }));
  return [...accounts, ...restOnly].filter((account) => account !== null);
}

/** The one REST user with that e-mail among all; null for none or several. */
export function restByMail(rest: readonly RestUser[], userName: string): RestUser | null {
  return uniqueByMail(rest, ({ email }) => email).get(fold(userName.trim())) ?? null;
}

function uniqueByMail<T>(users: readonly T[], mailOf: (user: T) => string | null | undefined): ReadonlyMap<string, T> {
  const found = new Map<string, T | null>();
  for (const user of users) {
    const mail = fold((mailOf(user) ?? '').trim());
    if (mail !== '') found.set(mail, found.has(mail) ? null : user);
  }
  return new Map([...found].filter((entry): entry is [string, T] => entry[1] !== null));
}

function scimValues(user: ScimUser): AttributeValues {
  const [role, ...more] = rolesOf(user);
  return defined({
    userName: user.userName,
    email: primaryValue(user.emails),
    displayName: user.displayName,
    givenName: user.name?.givenName,
    familyName: user.name?.familyName,
    phone: primaryValue(user.phoneNumbers),
    locale: user.locale,
    role: more.length === 0 ? role : undefined,
  });
}

function restValues(user: RestUser): AttributeValues {
  return defined({
    userName: user.email,
    email: user.email,
    displayName: user.name,
    phone: user.phone,
    locale: user.locale,
  });
}

function defined(values: Partial<Record<AttributeName, string | null | undefined>>): AttributeValues {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value === 'string' && value.trim() !== ''),
  );
}

function namesOf(values: AttributeValues): readonly AttributeName[] {
  return ATTRIBUTE_RULES.flatMap(({ name }) => (values[name] === undefined ? [] : [name]));
}

function rolesOf(user: ScimUser | null): readonly string[] {
  return (user?.roles ?? []).flatMap(({ value }) =>
    value === null || value === undefined || value.trim() === '' ? [] : [value.trim().toUpperCase()],
  );
}

type Element = { readonly value?: string | null | undefined; readonly primary?: boolean | null | undefined };

/** The primary element that has a value, else the first that has one: Drift shows elements without (Drift API notes 2.1). */
function primaryValue(list: readonly Element[] | null | undefined): string | undefined {
  const filled = (list ?? []).filter(({ value }) => typeof value === 'string' && value.trim() !== '');
  return (filled.find(({ primary }) => primary === true) ?? filled[0])?.value ?? undefined;
}

function isSameMail(scim: AttributeValues, mail: string | null | undefined): boolean {
  if (mail === null || mail === undefined) return false;
  return [scim.userName, scim.email].some((own) => own !== undefined && fold(own.trim()) === fold(mail.trim()));
}

function contradictions(
  scim: AttributeValues,
  rest: RestUser,
  agree: boolean,
  roles: readonly string[],
): readonly AttributeName[] {
  // REST has one address for both names of sign-in; where it differs, comparing the rest says nothing.
  if (!agree) return ['email'];
  const shown = restValues(rest);
  const found = ATTRIBUTE_RULES.filter(({ name, normalise }) => {
    const [left, right] = [scim[name], shown[name]];
    if (name === 'userName' || name === 'email' || left === undefined || right === undefined) return false;
    return normalise(left) !== normalise(right);
  }).map(({ name }) => name);
  const expected = roles.length === 1 ? REST_ROLES[roles[0] ?? ''] : undefined;
  const word = rest.role?.toLowerCase();
  const known = word === 'admin' || word === 'member' || word === 'agent';
  return expected !== undefined && known && !expected.includes(word) ? [...found, 'role'] : found;
}
