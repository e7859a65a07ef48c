import { type SchemaDefinition, attribute, plural } from './attribute.ts';

/** RFC 7643 4.1. */
export const USER_SCHEMA: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'User Account',
  attributes: [
    attribute('userName', 'string', 'Name by which the user signs in; unique, case does not count.', {
      required: true,
      uniqueness: 'server',
    }),
    attribute('name', 'complex', 'The parts of the name.', {}, [
      attribute('formatted', 'string', 'The whole name, as it is shown.'),
      attribute('familyName', 'string', 'Family name.'),
      attribute('givenName', 'string', 'Given name.'),
      attribute('middleName', 'string', 'Middle names.'),
      attribute('honorificPrefix', 'string', 'Title before the name.'),
      attribute('honorificSuffix', 'string', 'Suffix after the name.'),
    ]),
    attribute('displayName', 'string', 'Name to show to people.'),
    attribute('nickName', 'string', 'Casual name.'),
    attribute('profileUrl', 'reference', 'Address of a page about the user.', { referenceTypes: ['external'] }),
    attribute('title', 'string', 'Title in the organisation.'),
    attribute('userType', 'string', 'Relation of the user to the organisation.'),
    attribute('preferredLanguage', 'string', 'Preferred languages, as in Accept-Language.'),
    attribute('locale', 'string', 'Where and how the user reads dates and numbers.'),
    attribute('timezone', 'string', 'Time zone, as in the IANA database.'),
    attribute('active', 'boolean', 'Whether the person works here. False makes a leaver; it removes nothing.'),
    attribute('password', 'string', 'Accepted and dropped: never stored, compared or returned.', {
      mutability: 'writeOnly',
      returned: 'never',
      caseExact: true,
    }),
    plural('emails', 'E-mail addresses.', ['work', 'home', 'other']),
    plural('phoneNumbers', 'Phone numbers.', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    plural('ims', 'Addresses of instant messengers.', ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo']),
    plural('photos', 'Addresses of pictures.', ['photo', 'thumbnail'], {
      type: 'reference',
      referenceTypes: ['external'],
    }),
    attribute('addresses', 'complex', 'Postal addresses.', { multiValued: true }, [
      attribute('formatted', 'string', 'The whole address, as it is printed.'),
      attribute('streetAddress', 'string', 'Street, house number, box.'),
      attribute('locality', 'string', 'City.'),
      attribute('region', 'string', 'State or region.'),
      attribute('postalCode', 'string', 'Postal code.'),
      attribute('country', 'string', 'Country, ISO 3166-1 alpha-2.'),
      attribute('type', 'string', 'What the address is for.', { canonicalValues: ['work', 'home', 'other'] }),
      attribute('primary', 'boolean', 'Whether this is the preferred address; true at most once.'),
    ]),
    attribute(
      'groups',
      'complex',
      'Groups of the user; changed through the groups.',
      {
        multiValued: true,
        mutability: 'readOnly',
      },
      [
        attribute('value', 'string', 'Identifier of the group.', { caseExact: true, mutability: 'readOnly' }),
        attribute('$ref', 'reference', 'Address of the group.', { mutability: 'readOnly', referenceTypes: ['Group'] }),
        attribute('display', 'string', 'Name of the group.', { mutability: 'readOnly' }),
        attribute('type', 'string', 'How the user is a member.', {
          mutability: 'readOnly',
          canonicalValues: ['direct'],
        }),
      ],
    ),
    plural('entitlements', 'Things the user is entitled to.', []),
    plural('roles', 'Roles; kept, used only where policy maps them.', []),
    plural('x509Certificates', 'Certificates of the user.', [], { type: 'binary' }),
  ],
};

/** RFC 7643 4.3. */
export const ENTERPRISE_SCHEMA: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    attribute('employeeNumber', 'string', 'Number of the person in the organisation.'),
    attribute('costCenter', 'string', 'Cost center.'),
    attribute('organization', 'string', 'Organisation.'),
    attribute('division', 'string', 'Division.'),
    attribute('department', 'string', 'Department.'),
    attribute('manager', 'complex', 'The manager.', {}, [
      attribute('value', 'string', 'Identifier of the manager.', { caseExact: true }),
      attribute('$ref', 'reference', 'Address of the manager.', { referenceTypes: ['User'] }),
      attribute('displayName', 'string', 'Name of the manager.', { mutability: 'readOnly' }),
    ]),
  ],
};

/** What the bridge knows of the user's seat in Drift. */
export const DRIFT_SCHEMA: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:extension:drift:2.0:User',
  name: 'DriftUser',
  description: 'State of the seat in Drift, as of the last reconciliation',
  attributes: [
    attribute('accountId', 'string', 'Drift account of the person.', { caseExact: true, mutability: 'readOnly' }),
    attribute('situation', 'string', 'Situation of the person in the last run.', {
      caseExact: true,
      mutability: 'readOnly',
    }),
    attribute(
      'provisioning',
      'complex',
      'How far the wishes of the identity provider have come.',
      {
        mutability: 'readOnly',
      },
      [
        attribute('state', 'string', 'State of provisioning.', {
          caseExact: true,
          mutability: 'readOnly',
          canonicalValues: [
            'accepted',
            'planned',
            'held',
            'waiting_approval',
            'applied',
            'verified',
            'refused',
            'leaving',
            'removed',
            'failed',
          ],
        }),
        attribute('since', 'dateTime', 'Since when.', { mutability: 'readOnly' }),
        attribute('detail', 'string', 'Why, in words.', { mutability: 'readOnly' }),
      ],
    ),
    attribute('ownedContacts', 'integer', 'Contacts that the person owns in Drift.', { mutability: 'readOnly' }),
    attribute('ownedAccounts', 'integer', 'Accounts that the person owns in Drift.', { mutability: 'readOnly' }),
  ],
};
