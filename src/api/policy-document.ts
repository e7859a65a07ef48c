import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import { feedPolicySchema, isTimeZone } from './feed-policy.ts';
import { placesOf } from './route.ts';

/** Classes that policy may apply by itself; all others need a person. */
const AUTOMATIC = ['link', 'create', 'update'] as const;

const days = z.number().int().min(0).max(365);
const percent = z.number().min(0).max(100);
const share = z.number().min(0).max(1);

const limit = (what: string): z.ZodType<Policy['gates']['creates']> =>
  z
    .strictObject({
      absolute: z.number().int().min(0).max(1_000_000).describe('numbers up to this never trip the gate'),
      percent: percent.describe('of the population, when that is 100 or more; the larger of the two counts'),
    })
    .describe(what);

const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/, 'must be a domain such as example.com');

const role = z
  .string()
  .max(40)
  .regex(/^(ADMIN|MEMBER|role-ids=\[\d{1,9}\])$/i, 'must be ADMIN, MEMBER or role-ids=[N]; OWNER is never written');

const account = z.string().trim().min(1).max(254);

/** Each setting says what the client means, and the clause that the other reading comes from. */
const connection = z.strictObject({
  removeWithValue: z
    .exactOptional(z.enum(['named', 'all']))
    .describe(
      'PATCH remove on a list with a value. named: only those values go; all: the value is ignored and the list is emptied (RFC 7644 3.5.2.2 to the letter)',
    ),
  replaceMembers: z
    .exactOptional(z.enum(['whole', 'add']))
    .describe(
      'PATCH replace on members. whole: these are the members now (RFC 7644 3.5.2.3); add: the client sends only who is new, others stay; an empty list empties the group either way',
    ),
  replaceWithoutMatch: z
    .exactOptional(z.enum(['create', 'noTarget']))
    .describe(
      'PATCH replace on a plain filter such as emails[type eq "work"] that matches nothing. create: the value is made; noTarget: 400 (RFC 7644 3.5.2.3)',
    ),
  removeWithoutMatch: z
    .exactOptional(z.enum(['noTarget', 'ignore']))
    .describe(
      'PATCH remove on a filter that matches nothing. noTarget: 400 (RFC 7644 3.12); ignore: it is gone already',
    ),
  missingActive: z
    .exactOptional(z.enum(['keep', 'true']))
    .describe(
      'PUT without active. keep: it stays as it is; true: the user is active again. It never deactivates (RFC 7644 3.5.1 lets a server clear it)',
    ),
  unknownAttributes: z
    .exactOptional(z.enum(['ignore', 'refuse']))
    .describe(
      'attributes and extensions that the schemas lack, in POST, PUT and the values of PATCH. ignore: they are dropped; refuse: 400 that names the first',
    ),
  unknownPath: z
    .exactOptional(z.enum(['invalidPath', 'ignore']))
    .describe(
      'PATCH path to an attribute that the schemas lack. invalidPath: 400 (RFC 7644 3.12); ignore: the operation does nothing',
    ),
  patchAnswer: z
    .exactOptional(z.enum(['resource', 'none']))
    .describe(
      'answer to a PATCH. resource: 200 with the resource; none: 204 unless attributes are asked for (RFC 7644 3.5.2 allows both). Without the setting users come back and groups do not',
    ),
});

/** The policy document: what may be set, within what bounds, and what it means. */
export const policySchema = z
  .strictObject({
    sources: z.strictObject({
      feeds: z
        .record(z.string().regex(/^[\w-]{1,64}$/, 'must be a short name of letters, digits, _ and -'), feedPolicySchema)
        .describe('HR feeds by name: POST /api/v1/feeds/{name}/imports'),
      connections: z
        .exactOptional(z.record(z.string().min(1).max(254), connection))
        .describe('subject of a SCIM token, or client of an access token -> how its ambiguous requests are read'),
      companyTimeZone: z
        .string()
        .max(64)
        .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
        .describe('for dates of workers without a zone of their own'),
    }),
    verifiedDomains: z
      .array(domain)
      .max(1000)
      .describe('e-mail domains proven to be yours: only there an e-mail address may link a person'),
    roles: z.strictObject({
      default: role.describe('role of a new seat'),
      groups: z.record(z.string().max(256), role).describe('display name of an IdP group -> Drift role'),
    }),
    protected: z.array(account).max(10_000).describe('Drift account ids or userNames that nothing may touch'),
    matching: z.strictObject({
      autoLink: z.number().min(0.95).max(1).describe('confidence from which a match links by itself'),
      runnerUp: share.describe('a second candidate above this stops an automatic link'),
      review: share.describe('candidates below this are not shown'),
    }),
    seat: z.strictObject({ joinerLeadDays: days.describe('how long before the start date a seat may be made') }),
    leavers: z.strictObject({
      endedDays: days.describe('grace after the end of employment or active: false'),
      vanishedFiles: z.number().int().min(1).max(100).describe('complete files without the person'),
      vanishedDays: days.describe('and at least so many days'),
    }),
    gates: z.strictObject({
      creates: limit('new seats in one run'),
      deprovisions: limit('removals in one run'),
      deprovisions24h: limit('removals in 24 hours'),
      deprovisions7d: limit('removals in 7 days'),
      deprovisionCap: z.number().int().min(0).max(10_000).describe('removals in any window, whatever the percentages'),
      renames: limit('changes of userName in one run'),
      missingFromFeed: limit('people that a file lacks for the first time'),
      massAttribute: limit('people for whom one attribute changes in one run'),
      contactsTouched: limit('contacts that change their owner in one run'),
      rowShrinkPercent: percent.describe('a file with so many rows fewer than usual is held'),
      rowGrowPercent: z.number().min(0).max(10_000).describe('a file with so many rows more than usual is held'),
      badRowsPercent: percent.describe('a file with more bad rows is held'),
    }),
    approval: z.strictObject({
      auto: z
        .array(z.enum(AUTOMATIC, `must be one of ${AUTOMATIC.join(', ')}: everything else needs a person`))
        .describe('classes that policy applies by itself where no gate holds them'),
      secondSubject: z.strictObject({
        deprovisionsOver: z.number().int().min(0).max(10_000).describe('more removals in a plan need a second person'),
      }),
      expiresHours: z.number().int().min(1).max(24).describe('how long a plan may be approved and started'),
      irreversibleExpiresHours: z.number().int().min(1).max(24).describe('the same where something cannot be undone'),
    }),
    handover: z.strictObject({
      to: account.optional().describe('who receives what leavers own: Drift account id or userName'),
      successors: z.record(account, account).describe('leaver -> who receives what that one owns'),
    }),
    ownership: z.strictObject({
      contactAttribute: z
        .string()
        .regex(/^\w{1,64}$/, 'must be the name of a contact attribute')
        .optional()
        .describe('contact attribute that names the owner, where ownerId does not stick'),
    }),
    drift: z.exactOptional(
      z.strictObject({
        schemas: z
          .exactOptional(z.enum(['rfc', 'sample']))
          .describe(
            "schemas of the SCIM users that are written. rfc: urn:ietf:params:scim:schemas:core:2.0:User; sample: urn:scim:schemas:core:2.0, as in Drift's own sample",
          ),
      }),
    ),
    retention: z.exactOptional(
      z.strictObject({
        scimRequestDays: z.number().int().min(1).max(3650).describe('how long the log of SCIM requests is kept'),
      }),
    ),
  })
  .refine(({ matching }) => matching.review <= matching.autoLink, {
    path: ['matching', 'review'],
    error: 'must not be above matching.autoLink',
  })
  .meta({ id: 'Policy', description: 'The policy document. A PUT replaces it whole; unknown keys are refused.' });

/** Throws DomainError `policy.invalid` that names each place, beginning with `where`. */
export function readPolicy(document: unknown, where: string): Policy {
  const result = policySchema.safeParse(document);
  if (!result.success) {
    const places = placesOf(where, result.error);
    const first = places[0];
    const detail = first === undefined ? 'The policy is not valid.' : `${first.path}: ${first.message}.`;
    throw new DomainError('policy.invalid', detail, { places });
  }
  return toPolicy(result.data);
}

export function toPolicy({ handover, ownership, ...rest }: z.output<typeof policySchema>): Policy {
  return {
    ...rest,
    handover: { successors: handover.successors, ...(handover.to === undefined ? {} : { to: handover.to }) },
    ownership: ownership.contactAttribute === undefined ? {} : { contactAttribute: ownership.contactAttribute },
  };
}
