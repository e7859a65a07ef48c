import { createAccount, deleteAccount, getAccount, listAccounts, updateAccount } from './operations/accounts.ts';
import { tokenInfo, uninstallApp } from './operations/app.ts';
import { addContactTags, listContactTags, removeContactTag, removeContactTags } from './operations/contact-tags.ts';
import {
  createContact,
  createTimelineEvent,
  deleteContact,
  findContacts,
  findContactsByExternalId,
  getContact,
  listContactAttributes,
  listContacts,
  unsubscribeEmails,
  updateContact,
  updateContactByIdType,
} from './operations/contacts.ts';
import {
  countConversations,
  createConversation,
  getConversation,
  listConversations,
  reportConversations,
  updateConversation,
} from './operations/conversations.ts';
import { getAttachment, getJsonTranscript, getTranscript, listMessages, postMessage } from './operations/messages.ts';
import type { Operation } from './operations/operation.ts';
import { listLandingPages, listPlaybooks } from './operations/playbooks.ts';
import { gdprDelete, gdprRetrieve } from './operations/privacy.ts';
import {
  createScimUser,
  deleteScimUser,
  getScimUser,
  listScimUsers,
  patchScimUser,
  replaceScimUser,
} from './operations/scim.ts';
import { listTeams, listUserTeams } from './operations/teams.ts';
import { getUser, getUsers, listMeetings, listUsers, updateUser } from './operations/users.ts';

/**
 * Every call to Drift that the bridge knows, in the order of Drift API notes 2; the reconciler, the command line and the API
 * use the same rows.
 */
export const DRIFT_OPERATIONS: readonly Operation[] = [
  listScimUsers,
  getScimUser,
  createScimUser,
  replaceScimUser,
  patchScimUser,
  deleteScimUser,
  listUsers,
  getUser,
  getUsers,
  updateUser,
  listMeetings,
  listTeams,
  listUserTeams,
  createContact,
  getContact,
  findContacts,
  findContactsByExternalId,
  listContacts,
  updateContact,
  updateContactByIdType,
  deleteContact,
  listContactAttributes,
  createTimelineEvent,
  unsubscribeEmails,
  listContactTags,
  addContactTags,
  removeContactTag,
  removeContactTags,
  createAccount,
  getAccount,
  listAccounts,
  updateAccount,
  deleteAccount,
  listConversations,
  getConversation,
  createConversation,
  updateConversation,
  countConversations,
  listMessages,
  postMessage,
  getTranscript,
  getJsonTranscript,
  getAttachment,
  reportConversations,
  listPlaybooks,
  listLandingPages,
  gdprRetrieve,
  gdprDelete,
  tokenInfo,
  uninstallApp,
];

const byName = new Map(DRIFT_OPERATIONS.map((row) => [row.name, row]));

/** The row with a name; undefined where there is none. */
export function operationNamed(name: string): Operation | undefined {
  return byName.get(name);
}
