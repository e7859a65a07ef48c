/**
 * The one table of person attributes that the bridge carries into Drift: who has the say, how values are compared,
 * where they live on both sides, and how private they are (docs/policy.md, Drift API notes 2.1 and 2.2).
 */
export type AttributeName =
  'userName' | 'email' | 'displayName' | 'givenName' | 'familyName' | 'phone' | 'locale' | 'role';

/** A missing key is "no opinion" (desired) or "not returned" (actual); '' is never used. */
export type AttributeValues = Readonly<Partial<Record<AttributeName, string>>>;

/** enforce: we restore it; initial_only: sent on create, then left; if_blank: written where Drift has none. */
export type Strength = 'enforce' | 'initial_only' | 'if_blank' | 'report_only' | 'ignore';

export type Authority = 'idp' | 'hr' | 'drift';

export interface AttributeRule {
  readonly name: AttributeName;
  readonly authority: readonly Authority[];
  readonly strength: Strength;
  readonly normalise: (value: string) => string;
  readonly scimPath: string;
  readonly driftField: string;
  /** Views of Drift that show it: an empty value in one of them is known to be blank (Drift API notes 2.1, 2.2). */
  readonly shownBy: readonly ('scim' | 'rest')[];
  readonly privacy: 'identifier' | 'personal' | 'plain';
  /** Which kind of change carries it: a profile update, a rename in place, or a role change. */
  readonly op: 'update' | 'rename' | 'role';
}

const text = (value: string): string => value.normalize('NFC').replace(/\s+/g, ' ').trim();
const folded = (value: string): string => text(value).toLowerCase();
const phone = (value: string): string => value.replace(/[^0-9+]/g, '').replace(/^00/, '+');

export const ATTRIBUTE_RULES: readonly AttributeRule[] = [
  {
    name: 'userName',
    authority: ['idp'],
    strength: 'enforce',
    normalise: folded,
    scimPath: 'userName',
    driftField: 'userName',
    shownBy: ['scim'],
    privacy: 'identifier',
    op: 'rename',
  },
  // Drift keeps one address per agent: it follows the rename, so it is sent once and not compared again.
  {
    name: 'email',
    authority: ['idp', 'hr'],
    strength: 'initial_only',
    normalise: folded,
    scimPath: 'emails[primary eq true].value',
    driftField: 'emails',
    shownBy: ['scim', 'rest'],
    privacy: 'identifier',
    op: 'rename',
  },
  {
    name: 'displayName',
    authority: ['idp', 'hr'],
    strength: 'enforce',
    normalise: text,
    scimPath: 'displayName',
    driftField: 'displayName',
    shownBy: ['scim', 'rest'],
    privacy: 'personal',
    op: 'update',
  },
  {
    name: 'givenName',
    authority: ['idp', 'hr'],
    strength: 'enforce',
    normalise: text,
    scimPath: 'name.givenName',
    driftField: 'name.givenName',
    shownBy: ['scim'],
    privacy: 'personal',
    op: 'update',
  },
  {
    name: 'familyName',
    authority: ['idp', 'hr'],
    strength: 'enforce',
    normalise: text,
    scimPath: 'name.familyName',
    driftField: 'name.familyName',
    shownBy: ['scim'],
    privacy: 'personal',
    op: 'update',
  },
  {
    name: 'phone',
    authority: ['idp', 'hr'],
    strength: 'if_blank',
    normalise: phone,
    scimPath: 'phoneNumbers[primary eq true].value',
    driftField: 'phoneNumbers',
    shownBy: ['scim', 'rest'],
    privacy: 'personal',
    op: 'update',
  },
  {
    name: 'locale',
    authority: ['idp', 'hr'],
    strength: 'if_blank',
    normalise: folded,
    scimPath: 'locale',
    driftField: 'locale',
    shownBy: ['scim', 'rest'],
    privacy: 'plain',
    op: 'update',
  },
  {
    name: 'role',
    authority: ['idp'],
    strength: 'enforce',
    normalise: (v) => text(v).toUpperCase(),
    scimPath: 'groups',
    driftField: 'roles',
    shownBy: ['scim'],
    privacy: 'plain',
    op: 'role',
  },
];
