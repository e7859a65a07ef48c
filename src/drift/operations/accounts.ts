import { z } from 'zod';
import { acknowledged, NO_BODY, nonBlank, NOTHING, numericId, operation, pathId, text, wireId } from './operation.ts';

/** A company: the documented home of ownership (Drift API notes 2.5, 3.1). */
const account = z.looseObject({
  accountId: wireId,
  ownerId: wireId.nullish(),
  name: text,
  domain: text,
  deleted: z.boolean().nullish(),
});

export type DriftAccount = z.output<typeof account>;

const customProperties = z.array(z.strictObject({ label: nonBlank, name: nonBlank, value: z.json(), type: nonBlank }));

const SHARED = { api: 'rest', rate: 'standard' } as const;

export const listAccounts = operation({
  ...SHARED,
  name: 'list-accounts',
  summary: 'Lists live accounts (companies), page by page.',
  method: 'GET',
  path: '/accounts',
  params: NOTHING,
  query: z.strictObject({ index: z.int().min(0).optional(), size: z.int().min(1).max(65).optional() }),
  body: NO_BODY,
  answer: z.looseObject({
    data: z.looseObject({ accounts: z.array(account), total: z.int().nullish(), next: text }),
  }),
  pager: 'accounts',
  scope: 'account_read',
  reversibility: 'read',
  source:
    'Drift API notes 2.5: GET /accounts?index=&size=, size 65 at most, next is relative and absent on the last page',
});

export const getAccount = operation({
  ...SHARED,
  name: 'get-account',
  summary: 'Reads one account; a deleted one is still readable and says so.',
  method: 'GET',
  path: '/accounts/{accountId}',
  params: z.strictObject({ accountId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: z.looseObject({ data: account }),
  pager: null,
  scope: 'account_read',
  reversibility: 'read',
  source: 'Drift API notes 2.5: GET /accounts/{accountId}, deleted:true after a deletion',
});

export const createAccount = operation({
  ...SHARED,
  name: 'create-account',
  summary: 'Creates an account; its domain must be new.',
  method: 'POST',
  path: '/accounts/create',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    ownerId: numericId,
    domain: nonBlank,
    name: nonBlank.optional(),
    targeted: z.boolean().optional(),
    customProperties: customProperties.optional(),
  }),
  answer: z.looseObject({ data: account }),
  pager: null,
  scope: 'account_write',
  reversibility: 'compensable',
  source: 'Drift API notes 2.5: POST /accounts/create, ownerId required and a known user id, domain unique',
});

export const updateAccount = operation({
  ...SHARED,
  name: 'update-account',
  summary: 'Changes an account; the owner must always be named.',
  method: 'PATCH',
  path: '/accounts/update',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    accountId: nonBlank,
    ownerId: numericId,
    name: nonBlank.optional(),
    domain: nonBlank.optional(),
    targeted: z.boolean().optional(),
    customProperties: customProperties.optional(),
  }),
  answer: z.looseObject({ data: account }),
  pager: null,
  scope: 'account_write',
  reversibility: 'reversible',
  lookup: ({ body: { accountId } }) => ({ operation: getAccount, input: { params: { accountId } } }),
  source: 'Drift API notes 2.5: PATCH /accounts/update, accountId in the body, ownerId always carried',
});

export const deleteAccount = operation({
  ...SHARED,
  name: 'delete-account',
  summary: 'Deletes an account; it leaves the lists and stays readable by its id, marked as deleted.',
  method: 'DELETE',
  path: '/accounts/{accountId}',
  params: z.strictObject({ accountId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: acknowledged,
  pager: null,
  scope: 'account_write',
  // Its domain can be given to another account, with another id.
  reversibility: 'compensable',
  lookup: ({ params }) => ({ operation: getAccount, input: { params } }),
  source: 'Drift API notes 2.5: DELETE /accounts/{accountId}, soft',
});
