/** What an event of a type is good for. */
export type Effect =
  /** What it names is observed again. */
  | 'mark'
  /** The organisation disconnected the app: the tenant is paused. */
  | 'pause'
  /** As `mark`, and the request is on record: personal data is to be erased. */
  | 'erasure'
  /** It changes nothing that the bridge keeps. */
  | 'nothing';

export interface EventType {
  readonly effect: Effect;
  /** What it is about; `id` alone is the id of that. */
  readonly subject: 'contact' | 'agent' | 'conversation' | 'org';
  /** An e-mail in it is a contact's. */
  readonly email?: true;
}

const conversation: EventType = { effect: 'mark', subject: 'conversation' };
const talk: EventType = { effect: 'nothing', subject: 'conversation' };
const contact: EventType = { effect: 'mark', subject: 'contact', email: true };

/**
 * Every type that Drift is known to send, under its present and its older names (Drift API notes 3 and 5). What else comes
 * is kept and has no effect. A message or a click says nothing of contacts, companies or agents, so it marks nothing.
 */
export const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map<string, EventType>([
  ['contact_identified', contact],
  ['contact_updated', contact],
  ['phone_captured', contact],
  ['user_unsubscribed', contact],
  ['gdpr_delete_requested', { effect: 'erasure', subject: 'contact', email: true }],
  ['user_availability_updated', { effect: 'mark', subject: 'agent' }],
  ['new_conversation', conversation],
  ['conversation_push', conversation],
  ['conversation_manual_push', conversation],
  ['conversation_inactive', conversation],
  ['conversation_status_updated', conversation],
  ['conversation_participant_added', conversation],
  ['conversation_participant_removed', conversation],
  ['new_meeting', conversation],
  ['meeting_booked', conversation],
  ['meeting_updated', conversation],
  ['new_message', talk],
  ['new_command_message', talk],
  ['button_clicked', talk],
  ['button_action', talk],
  ['chat_to_call', talk],
  ['playbook_goal_met', { effect: 'nothing', subject: 'contact' }],
  ['app_disconnected', { effect: 'pause', subject: 'org' }],
]);
