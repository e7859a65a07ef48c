import type { JsonObject } from '../value.ts';
import { type Reply, jsonReply } from './reply.ts';

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

export interface Page {
  readonly total: number;
  readonly resources: readonly JsonObject[];
}

/** `itemsPerPage` is what is on this page (Okta rejects anything else, SCIM server notes 2.6). */
export function listReply({ total, resources }: Page, place: { startIndex: number } | { nextCursor?: string }): Reply {
  return jsonReply(200, {
    schemas: [LIST_SCHEMA],
    totalResults: total,
    itemsPerPage: resources.length,
    ...place,
    Resources: resources,
  });
}
