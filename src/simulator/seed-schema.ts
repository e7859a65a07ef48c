import { z } from 'zod';

import { isEmail } from './exchange.ts';
import type { Role } from './model.ts';
import { settingsPatchSchema } from './settings.ts';

const roleSchema = z.custom<Role>(
  (value) => typeof value === 'string' && /^(OWNER|ADMIN|MEMBER|role-ids=\[\d{1,9}\])$/.test(value),
  'must be OWNER, ADMIN, MEMBER or role-ids=[N]',
);
const email = z.string().refine(isEmail, 'must be an e-mail address');
const instant = z.number().int().min(0);

const userSchema = z.strictObject({
  email,
  /** Display name; given and family name are taken from it unless one of them is there, be it empty. */
  name: z.string().min(1),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  role: roleSchema.optional(),
  phone: z.string().optional(),
  alias: z.string().optional(),
  locale: z.string().optional(),
  timeZone: z.string().optional(),
  avatarUrl: z.string().optional(),
  availability: z.enum(['AVAILABLE', 'OFFLINE', 'ON_CALL']).optional(),
  verified: z.boolean().optional(),
  bot: z.boolean().optional(),
  /** A seat that was removed before the story begins. */
  deleted: z.boolean().optional(),
  createdAt: instant.optional(),
});

const contactSchema = z.strictObject({
  attributes: z.record(z.string(), z.unknown()),
  /** Becomes `attributes.ownerId` where the setting `contactOwnerId` is `stored`, else it is dropped. */
  ownerEmail: z.string().optional(),
  tags: z.array(z.string()).optional(),
  /** Deleted, which is hidden: out of the search, still readable by id. */
  deleted: z.boolean().optional(),
  createdAt: instant.optional(),
});

const accountSchema = z.strictObject({
  domain: z.string().min(1),
  name: z.string().optional(),
  /** Of a live agent, or of one with `deleted`: then the owner dangles. Absent: nobody owns it. */
  ownerEmail: z.string().optional(),
  targeted: z.boolean().optional(),
  customProperties: z
    .array(z.strictObject({ label: z.string(), name: z.string(), value: z.unknown(), type: z.string() }))
    .optional(),
  deleted: z.boolean().optional(),
  createdAt: instant.optional(),
});

const attributeSchema = z.strictObject({
  name: z.string().min(1),
  displayName: z.string(),
  type: z.enum(['STRING', 'NUMERIC', 'BOOLEAN', 'DATETIME', 'DATE']),
});

const attachmentSchema = z
  .strictObject({
    fileName: z.string(),
    mimeType: z.string(),
    /** Either text, sent as UTF-8, or any bytes. */
    text: z.string().optional(),
    base64: z.base64().optional(),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), 'needs either text or base64');

const messageSchema = z.strictObject({
  /** `contact`, `bot`, or the e-mail of an agent. */
  from: z.string(),
  body: z.string(),
  type: z.enum(['chat', 'private_note']).optional(),
  createdAt: instant.optional(),
  attachments: z.array(attachmentSchema).optional(),
});

const conversationSchema = z.strictObject({
  /** The contact's. */
  email: z.string(),
  status: z.enum(['open', 'closed', 'pending', 'bulk_sent']).optional(),
  /** E-mails of agents; those who write take part anyway. */
  participants: z.array(z.string()).optional(),
  tags: z.array(z.strictObject({ name: z.string(), color: z.string() })).optional(),
  relatedPlaybookId: z.number().int().optional(),
  createdAt: instant.optional(),
  messages: z.array(messageSchema).optional(),
});

const playbookSchema = z.strictObject({
  name: z.string(),
  authorEmail: z.string(),
  /** Default true; only active ones are listed. */
  active: z.boolean().optional(),
  goals: z.array(z.string()).optional(),
  /** Of a conversational landing page. */
  landingPageUrl: z.string().optional(),
  createdAt: instant.optional(),
});

const meetingSchema = z.strictObject({
  agentEmail: z.string(),
  contactEmail: z.string(),
  slotStart: instant,
  /** Default thirty minutes later. */
  slotEnd: instant.optional(),
});

/** What can be planted. Instants are epoch milliseconds and are now where they are left out. */
export const seedSchema = z.strictObject({
  users: z.array(userSchema).optional(),
  contacts: z.array(contactSchema).optional(),
  accounts: z.array(accountSchema).optional(),
  attributes: z.array(attributeSchema).optional(),
  conversations: z.array(conversationSchema).optional(),
  playbooks: z.array(playbookSchema).optional(),
  meetings: z.array(meetingSchema).optional(),
});

/** A whole organisation as a file: what can be planted, and the settings that it lives under. */
export const orgFileSchema = seedSchema.extend({ settings: settingsPatchSchema.optional() });

type Listed<K extends keyof z.infer<typeof seedSchema>> = Readonly<NonNullable<z.infer<typeof seedSchema>[K]>[number]>;
export type SeedUser = Listed<'users'>;
export type SeedContact = Listed<'contacts'>;
export type SeedAccount = Listed<'accounts'>;
export type SeedConversation = Listed<'conversations'>;
export type SeedPlaybook = Listed<'playbooks'>;
export type SeedMeeting = Listed<'meetings'>;

export type SeedData = {
  readonly [K in keyof z.infer<typeof seedSchema>]: readonly Listed<K>[] | undefined;
};
