import type { ProvisioningView, ResourceType, StoredResource, Surroundings } from '../../flows/scim-port.ts';
import { etag } from '../etag.ts';
import type { ResourceDefinition } from '../schema.ts';
import { GROUP, USER } from '../schema.ts';
import { DRIFT_SCHEMA } from '../schema-user.ts';
import type { JsonObject } from '../value.ts';

export function definitionOf(type: ResourceType): ResourceDefinition {
  return type === 'User' ? USER : GROUP;
}

export function locationOf(baseUrl: string, type: ResourceType, id: string): string {
  return `${baseUrl}${definitionOf(type).endpoint}/${id}`;
}

/** The whole resource as a client sees it: what it wrote, and what the service adds. */
export function render(baseUrl: string, resource: StoredResource, surroundings: Surroundings): JsonObject {
  const { type, id, doc } = resource;
  const definition = definitionOf(type);
  const added = type === 'User' ? userParts(baseUrl, resource, surroundings) : groupParts(baseUrl, surroundings);
  const body = { ...doc, ...added };
  const extensions = definition.extensions.filter((schema) => Object.hasOwn(body, schema.id));
  return {
    schemas: [definition.core.id, ...extensions.map((schema) => schema.id)],
    id,
    ...body,
    meta: {
      resourceType: type,
      created: resource.createdAt,
      lastModified: resource.modifiedAt,
      location: locationOf(baseUrl, type, id),
      version: etag(resource.version),
    },
  };
}

function userParts(baseUrl: string, resource: StoredResource, { groups, view }: Surroundings): JsonObject {
  return {
    ...(groups === undefined || groups.length === 0
      ? {}
      : {
          groups: groups.map((group) => ({
            value: group.id,
            $ref: locationOf(baseUrl, 'Group', group.id),
            ...(group.display === undefined ? {} : { display: group.display }),
            type: 'direct',
          })),
        }),
    [DRIFT_SCHEMA.id]: driftExtension(view ?? { ...UNPLANNED, since: resource.modifiedAt }),
  };
}

/** Accepted, and not yet part of a run. */
const UNPLANNED = { state: 'accepted', ownedContacts: 0, ownedAccounts: 0 } as const;

function driftExtension(view: ProvisioningView): JsonObject {
  return {
    ...(view.accountId === undefined ? {} : { accountId: view.accountId }),
    ...(view.situation === undefined ? {} : { situation: view.situation }),
    provisioning: {
      state: view.state,
      since: view.since,
      ...(view.detail === undefined ? {} : { detail: view.detail }),
    },
    ownedContacts: view.ownedContacts,
    ownedAccounts: view.ownedAccounts,
  };
}

function groupParts(baseUrl: string, { members }: Surroundings): JsonObject {
  if (members === undefined || members.length === 0) return {};
  return {
    members: members.map((member) => ({
      value: member.id,
      $ref: locationOf(baseUrl, 'User', member.id),
      type: 'User',
      ...(member.display === undefined ? {} : { display: member.display }),
    })),
  };
}
