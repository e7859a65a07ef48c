/** What an agent may be assigned (Drift API notes 4.2); OWNER exists but cannot be assigned. */
export type Role = 'OWNER' | 'ADMIN' | 'MEMBER' | `role-ids=[${number}]`;

/** A seat: one record behind both the SCIM user and the REST user. Times are epoch milliseconds. */
export interface Agent {
  readonly id: number;
  /** The sign-in address; REST calls it `email`. */
  readonly userName: string;
  readonly displayName: string;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
  readonly phone?: string | undefined;
  readonly locale?: string | undefined;
  readonly alias?: string | undefined;
  readonly avatarUrl?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly availability: 'AVAILABLE' | 'OFFLINE' | 'ON_CALL';
  readonly role: Role;
  readonly verified: boolean;
  readonly bot: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt?: number | undefined;
}

/** `hidden`: deleted, out of the search, still readable by id. `gone`: erased. */
type ContactState = 'live' | 'hidden' | 'gone';

export interface Contact {
  /** Decimal digits of a 64-bit integer. */
  readonly id: string;
  readonly createdAt: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly state: ContactState;
  /** Names of tags, where tags are supported. */
  readonly tags?: readonly string[] | undefined;
}

export interface Account {
  readonly accountId: string;
  readonly ownerId?: number | undefined;
  readonly name?: string | undefined;
  readonly domain: string;
  readonly customProperties: readonly CustomProperty[];
  readonly targeted: boolean;
  readonly deleted: boolean;
  readonly createDateTime: number;
  readonly updateDateTime: number;
}

export interface CustomProperty {
  readonly label: string;
  readonly name: string;
  readonly value: unknown;
  readonly type: string;
}

/** A declared contact attribute. */
export interface Attribute {
  readonly name: string;
  readonly displayName: string;
  readonly type: 'STRING' | 'NUMERIC' | 'BOOLEAN' | 'DATETIME' | 'DATE';
}

export interface TimelineEvent {
  readonly id: string;
  readonly contactId: string;
  readonly event: string;
  readonly createdAt: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Conversation {
  /** Decimal digits of a 64-bit integer, as are those of contacts and messages. */
  readonly id: string;
  readonly status: 'open' | 'closed' | 'pending' | 'bulk_sent';
  readonly contactId: string;
  readonly inboxId: number;
  /** The agents responsible; they stay when an agent is deleted. */
  readonly participants: readonly number[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly relatedPlaybookId?: number | undefined;
  readonly conversationTags: readonly { readonly name: string; readonly color: string }[];
  /** Taken away by a privacy request. */
  readonly erased?: boolean | undefined;
}

export interface Message {
  readonly id: string;
  readonly conversationId: string;
  readonly type: 'chat' | 'private_note';
  /** HTML, without most tags. */
  readonly body: string;
  readonly author:
    | { readonly type: 'contact'; readonly id: string }
    | { readonly type: 'user'; readonly id: number; readonly bot: boolean };
  readonly createdAt: number;
  readonly buttons: readonly unknown[];
  readonly attachments: readonly Attachment[];
}

export interface Attachment {
  readonly id: number;
  readonly fileName: string;
  readonly mimeType: string;
  /** One of both: text, sent as UTF-8, or any bytes. */
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
}

export interface Playbook {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  /** An agent's id; it outlives the agent. */
  readonly authorId: number;
  readonly interactionId: number;
  readonly reportType: string;
  readonly goals: readonly { readonly id: string; readonly message: string }[];
  readonly landingPageUrl?: string | undefined;
  readonly createdAt: number;
}

export interface Meeting {
  readonly id: number;
  readonly agentId: number;
  readonly contactId: string;
  readonly slotStart: number;
  readonly slotEnd: number;
}

export interface Token {
  readonly token: string;
  readonly kind: 'private' | 'access' | 'refresh' | 'code';
  readonly scopes: readonly string[];
  readonly credentialId: number;
  readonly createdAt: number;
  /** Epoch milliseconds; 0 = until revoked. */
  readonly expiresAt: number;
  readonly state: 'live' | 'used' | 'revoked';
}
