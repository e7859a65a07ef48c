import { z } from 'zod';

const ALL_SCOPES = [
  'contact_read',
  'contact_write',
  'all_contact_read',
  'user_read',
  'user_write',
  'conversation_read',
  'conversation_write',
  'account_read',
  'account_write',
  'gdpr_read',
  'gdpr_write',
] as const;

const ms = z.number().int().min(0).max(3_600_000);

/** Every point where the sources about Drift disagree or are silent is a switch here; the defaults are those of Drift API notes 6. */
const settingsSchema = z.strictObject({
  /** Where SCIM lives; the other path answers 404. */
  scimPath: z.enum(['/scim', '/scim/v2', 'both']),
  /** Off: every SCIM route answers `scimRefusalStatus`, as in a plan without SCIM. */
  scimEntitled: z.boolean(),
  scimRefusalStatus: z.union([z.literal(403), z.literal(404)]),
  scimContentType: z.enum(['json', 'scim+json']),
  scimErrors: z.enum(['scim', 'rest']),
  /** `different`: SCIM ids are not the REST ids. */
  scimIdSpace: z.enum(['same', 'different']),
  /** Most resources in one SCIM list answer. */
  serverPageCap: z.number().int().min(1),
  /** Off: `filter` is ignored and everybody is returned. */
  filterHonoured: z.boolean(),
  /** On: a SCIM create without an e-mail is refused. */
  strictEmail: z.boolean(),
  patchDialect: z.enum(['both', 'partial', 'patchop']),
  /** Which name deletes when false; the other is ignored with 200. */
  deactivateBy: z.enum(['both', 'isActive', 'active']),
  /** Whether a SCIM PUT or PATCH of `userName` renames. */
  scimRename: z.enum(['ignored', 'applied']),
  /** A create with the userName of a deleted agent. */
  recreate: z.enum(['refused', 'new-id']),
  recreateStatus: z.number().int().min(400).max(599),
  /** A create with the userName of a live agent. `created` makes the duplicates that a careless client deserves. */
  duplicateUser: z.enum(['refused', 'created']),
  deletedVisibleInRest: z.boolean(),
  /** Agents that the plan allows (bots do not count); null: no limit. */
  seatLimit: z.number().int().min(0).nullable(),
  /** The N of `role-ids=[N]` that exist. */
  roleIds: z.array(z.number().int()),
  roleInRestUpdate: z.enum(['ignored', 'refused']),
  bareUsers: z.enum(['empty', 'refused']),

  contactListing: z.enum(['off', 'empty', 'cursor']),
  contactByEmailPath: z.boolean(),
  contactOwnerId: z.enum(['ignored', 'stored']),
  contactDelete: z.enum(['hidden', 'hard']),
  contactCodeIn: z.enum(['message', 'type']),
  duplicateContact: z.enum(['409', 'upsert']),
  undeclaredAttribute: z.enum(['ignored', 'created']),
  /** What an attribute sent as null does on update; no source says. */
  nullAttribute: z.enum(['ignored', 'cleared']),
  deletingAgentOwner: z.enum(['dangling', 'cleared']),
  /** On: `next` of a list answers the cursor that was just used, for ever. */
  repeatCursor: z.boolean(),

  /** Leak rate of the bucket of each token; 0 = no limit. */
  ratePerMinute: z.number().int().min(0),
  /** Size of the bucket; null = ratePerMinute. 3000 per minute with a burst of 1000 is the "1000 per 20 s" reading. */
  rateBurst: z.number().int().min(1).nullable(),
  /** Name of the header with what is left; null = none. Nobody knows the real one. */
  rateHeader: z.string().min(1).nullable(),

  /** A write takes effect for readers so much later. Uniqueness is still judged on the truth. */
  applyDelayMs: ms,
  /** Further lag of GET by id. */
  getLagMs: ms,
  /** Further lag of user and account lists. */
  listLagMs: ms,
  /** Further lag of the contact search and listing. */
  contactSearchLagMs: ms,
  /** How long a privacy erasure takes. */
  gdprDelayMs: ms,

  errorStyle: z.enum(['error', 'errors']),
  /** On: an `errors` list stands beside `data` in successful answers. */
  errorsBesideData: z.boolean(),
  unauthorizedStatus: z.union([z.literal(401), z.literal(403)]),
  /** Scopes of tokens issued from now on; those of a token never change. */
  scopes: z.array(z.string()),
  oauthRefresh: z.enum(['rotating', 'reusable']),
  accessTokenSeconds: z.number().int().min(1),
});

export type SimulatorSettings = Readonly<z.infer<typeof settingsSchema>>;

/** A validated partial change of settings. */
export const settingsPatchSchema = settingsSchema.partial();

export const DEFAULT_SETTINGS: SimulatorSettings = {
  scimPath: '/scim',
  scimEntitled: true,
  scimRefusalStatus: 403,
  scimContentType: 'json',
  scimErrors: 'scim',
  scimIdSpace: 'same',
  serverPageCap: 100,
  filterHonoured: true,
  strictEmail: false,
  patchDialect: 'both',
  deactivateBy: 'both',
  scimRename: 'ignored',
  recreate: 'refused',
  recreateStatus: 409,
  duplicateUser: 'refused',
  deletedVisibleInRest: false,
  seatLimit: null,
  roleIds: [208],
  roleInRestUpdate: 'ignored',
  bareUsers: 'empty',
  contactListing: 'off',
  contactByEmailPath: false,
  contactOwnerId: 'ignored',
  contactDelete: 'hidden',
  contactCodeIn: 'message',
  duplicateContact: '409',
  undeclaredAttribute: 'ignored',
  nullAttribute: 'ignored',
  deletingAgentOwner: 'dangling',
  repeatCursor: false,
  ratePerMinute: 200,
  rateBurst: null,
  rateHeader: 'x-calls-left-in-pail',
  applyDelayMs: 0,
  getLagMs: 0,
  listLagMs: 0,
  contactSearchLagMs: 0,
  gdprDelayMs: 200,
  errorStyle: 'error',
  errorsBesideData: false,
  unauthorizedStatus: 401,
  scopes: [...ALL_SCOPES],
  oauthRefresh: 'rotating',
  accessTokenSeconds: 7200,
};
