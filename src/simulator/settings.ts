import { z } from 'zod';

import { CURRENT_TYPES, WEBHOOK_TYPES } from './webhook-events.ts';

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
  /** Whether contacts can be tagged; the vendor says that attributes took their place, its own client still calls it. */
  contactTags: z.enum(['unsupported', 'supported']),
  /** The tags that exist; another name is refused. */
  knownTags: z.array(z.string().min(1)),
  contactDelete: z.enum(['hidden', 'hard']),
  contactCodeIn: z.enum(['message', 'type']),
  duplicateContact: z.enum(['409', 'upsert']),
  undeclaredAttribute: z.enum(['ignored', 'created']),
  /** What an attribute sent as null does on update; no source says. */
  nullAttribute: z.enum(['ignored', 'cleared']),
  deletingAgentOwner: z.enum(['dangling', 'cleared']),
  /** On: `next` of a list answers the cursor that was just used, for ever. */
  repeatCursor: z.boolean(),

  /** On: conversations answer under `/v1` too, as they did for the oldest clients. */
  v1Prefix: z.boolean(),
  /** `links`: `page_token` and absolute links. `cursor`: the older `next` with `pagination`, 50 at most. */
  conversationPaging: z.enum(['links', 'cursor']),
  /** On: the first page wants an empty `page_token`. */
  pageTokenRequired: z.boolean(),
  /** A `page_token`, or a cursor of contacts, is refused when it is older; 0: at once. */
  pageTokenLifeMs: ms,
  /** The origin of `links`, which is not the one that was called. */
  linkOrigin: z.url({ protocol: /^https?$/ }),
  /** Whether `PATCH /conversations/{id}` exists; no page of the vendor knows it. */
  conversationUpdate: z.enum(['unsupported', 'supported']),

  /** Leak rate of the bucket of each token; 0 = no limit. */
  ratePerMinute: z.number().int().min(0),
  /** Size of the bucket; null = ratePerMinute. 3000 per minute with a burst of 1000 is the "1000 per 20 s" reading. */
  rateBurst: z.number().int().min(1).nullable(),
  /** Leak rate and size of the bucket that reports have to themselves; 0 = no limit. */
  reportsPerMinute: z.number().int().min(0),
  /** Name of the header with what is left; null = none. Nobody knows the real one. */
  rateHeader: z.string().min(1).nullable(),
  /** A number draws the name of that header anew instead; the same number, the same name. */
  rateHeaderSeed: z.number().int().nullable(),

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

  /** Most calls that the journal keeps, the newest; 0: none. */
  journalLimit: z.number().int().min(0).max(10_000_000),

  errorStyle: z.enum(['error', 'errors']),
  /** On: an `errors` list stands beside `data` in successful answers. */
  errorsBesideData: z.boolean(),
  unauthorizedStatus: z.union([z.literal(401), z.literal(403)]),
  /** Scopes of tokens issued from now on; those of a token never change. */
  scopes: z.array(z.string()),
  oauthRefresh: z.enum(['rotating', 'reusable']),
  accessTokenSeconds: z.number().int().min(1),

  /** Where the app wants its webhooks; null: nowhere. */
  webhookUrl: z.url({ protocol: /^https?$/ }).nullable(),
  webhookEvents: z.array(z.enum(WEBHOOK_TYPES)),
  /** The app's verification token. A new one holds from the next delivery on, as after a rotation. */
  webhookToken: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  /** `old`: without the token in the body. */
  webhookFormat: z.enum(['current', 'old']),
  /** Off: `contact_updated` only tells what people change, not what the API does. */
  contactUpdatedByApi: z.boolean(),
  /** The `orgId` at the top of `contact_updated`. */
  contactUpdatedOrgId: z.enum(['zero', 'own']),
  /** Redeliveries of what was not answered 2xx; the policy of Drift is unknown. */
  webhookRetries: z.number().int().min(0).max(10),
  webhookRetryMs: ms,
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
  contactTags: 'unsupported',
  knownTags: ['customer', 'partner'],
  contactDelete: 'hidden',
  contactCodeIn: 'message',
  duplicateContact: '409',
  undeclaredAttribute: 'ignored',
  nullAttribute: 'ignored',
  deletingAgentOwner: 'dangling',
  repeatCursor: false,
  v1Prefix: false,
  conversationPaging: 'links',
  pageTokenRequired: false,
  pageTokenLifeMs: 600_000,
  linkOrigin: 'https://api.drift.com',
  conversationUpdate: 'unsupported',
  ratePerMinute: 200,
  rateBurst: null,
  reportsPerMinute: 60,
  rateHeader: 'x-calls-left-in-pail',
  rateHeaderSeed: null,
  applyDelayMs: 0,
  getLagMs: 0,
  listLagMs: 0,
  contactSearchLagMs: 0,
  gdprDelayMs: 200,
  journalLimit: 50_000,
  errorStyle: 'error',
  errorsBesideData: false,
  unauthorizedStatus: 401,
  scopes: [...ALL_SCOPES],
  oauthRefresh: 'rotating',
  accessTokenSeconds: 7200,
  webhookUrl: null,
  webhookEvents: [...CURRENT_TYPES],
  webhookToken: 'simulated-verification-token',
  webhookFormat: 'current',
  contactUpdatedByApi: true,
  contactUpdatedOrgId: 'zero',
  webhookRetries: 0,
  webhookRetryMs: 1000,
};
