import { type SchemaDefinition, attribute } from './attribute.ts';

/** Users only: Drift has no groups to nest. */
export const MEMBERS = attribute('members', 'complex', 'Members of the group.', { multiValued: true }, [
  attribute('value', 'string', 'Identifier of the member.', { caseExact: true, mutability: 'immutable' }),
  attribute('$ref', 'reference', 'Address of the member.', { mutability: 'immutable', referenceTypes: ['User'] }),
  attribute('type', 'string', 'Kind of the member.', { mutability: 'immutable', canonicalValues: ['User'] }),
  attribute('display', 'string', 'Name of the member.', { mutability: 'readOnly' }),
]);

/** RFC 7643 4.2. */
export const GROUP_SCHEMA: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'Group',
  attributes: [attribute('displayName', 'string', 'Name of the group.', { required: true }), MEMBERS],
};
