import { createAccount, getAccount, listAccounts, updateAccount } from './operations/accounts.ts';
import { tokenInfo } from './operations/app.ts';
import {
  createContact,
  findContacts,
  findContactsByExternalId,
  getContact,
  listContactAttributes,
  listContacts,
  updateContact,
} from './operations/contacts.ts';
import type { Operation } from './operations/operation.ts';
import {
  createScimUser,
  deleteScimUser,
  getScimUser,
  listScimUsers,
  patchScimUser,
  replaceScimUser,
} from './operations/scim.ts';
import { getUser, listUsers, updateUser } from './operations/users.ts';

/** Every call to Drift that the bridge knows; the reconciler, the command line and the API use the same rows. */
export const DRIFT_OPERATIONS: readonly Operation[] = [
  listScimUsers,
  getScimUser,
  createScimUser,
  replaceScimUser,
  patchScimUser,
  deleteScimUser,
  listUsers,
  getUser,
  updateUser,
  listContacts,
  getContact,
  findContacts,
  findContactsByExternalId,
  createContact,
  updateContact,
  listContactAttributes,
  listAccounts,
  getAccount,
  createAccount,
  updateAccount,
  tokenInfo,
];
