/** Every type that Drift is known to send, with the scope that the installed app needs for it; null: none (Drift API notes 5). */
const SCOPE_OF = {
  contact_identified: 'contact_read',
  contact_updated: 'all_contact_read',
  phone_captured: 'conversation_read',
  new_conversation: 'conversation_read',
  new_message: 'conversation_read',
  new_command_message: 'conversation_read',
  conversation_push: 'conversation_read',
  conversation_inactive: 'conversation_read',
  conversation_manual_push: 'conversation_read',
  conversation_participant_added: 'conversation_read',
  conversation_participant_removed: 'conversation_read',
  button_clicked: 'conversation_read',
  new_meeting: 'conversation_read',
  meeting_updated: 'conversation_read',
  playbook_goal_met: 'conversation_read',
  chat_to_call: 'conversation_read',
  user_availability_updated: 'user_read',
  user_unsubscribed: 'user_read',
  gdpr_delete_requested: 'gdpr_read',
  app_disconnected: null,
  // Deprecated, and sent all the same where an app still asks for it.
  conversation_status_updated: 'conversation_read',
} as const;

export type WebhookType = keyof typeof SCOPE_OF;

export const WEBHOOK_TYPES = Object.keys(SCOPE_OF) as readonly WebhookType[];

/** What an app asks for at the start: all but the deprecated type. */
export const CURRENT_TYPES = WEBHOOK_TYPES.filter((type) => type !== 'conversation_status_updated');

/** The scope without which the app is not told; null: it is always told. */
export function scopeOf(type: WebhookType): string | null {
  return SCOPE_OF[type];
}

/** Something that happened in the organisation and that an installed app may be told. */
export interface RaisedEvent {
  readonly type: WebhookType;
  readonly data: unknown;
  /** At the top of the payload; absent: as the settings have it. */
  readonly orgId?: number | undefined;
}
