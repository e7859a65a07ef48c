import { ENTERPRISE, type Scim } from './conformance-world.ts';

const NORTH = { [ENTERPRISE]: { employeeNumber: '10', department: 'North', manager: { value: 'm-1' } } };

/** Five invented people, of whom each differs in something that can be asked for; `eve` has nothing but a name. */
export const PEOPLE: readonly Readonly<Record<string, unknown>>[] = [
  {
    userName: 'ann',
    externalId: 'Ext-A',
    displayName: 'Ann Example',
    title: 'Agent',
    locale: 'en-GB',
    name: { givenName: 'Ann', familyName: 'Adams' },
    emails: [
      { value: 'ann@example.com', type: 'work', primary: true },
      { value: 'ann@example.org', type: 'home' },
    ],
    x509Certificates: [{ value: 'TUlJQg==' }],
    ...NORTH,
  },
  {
    userName: 'Bob',
    displayName: 'Bob "B" Example',
    title: 'Manager',
    active: false,
    profileUrl: 'https://example.com/Bob',
    name: { givenName: 'Bob', familyName: 'Zulu' },
    emails: [
      { value: 'bob@example.org', type: 'work' },
      { value: 'bob@example.com', type: 'home' },
    ],
  },
  {
    userName: 'cyd',
    displayName: 'Cyd (C) and Co [x]',
    nickName: 'back\\slash',
    name: { familyName: 'middle' },
    emails: [{ value: 'cyd@example.net', type: 'Work' }],
    phoneNumbers: [{ value: '+1 201 555 0123', type: 'mobile' }],
    [ENTERPRISE]: { department: 'south' },
  },
  {
    userName: 'dee',
    externalId: 'ext-a',
    displayName: 'Zo\u00e9',
    title: 'agent',
    emails: [{ value: 'dee@example.com', type: 'home', primary: true }],
    roles: [{ value: 'ADMIN', primary: true }],
  },
  { userName: 'eve' },
];

export async function createPeople(scim: Scim): Promise<void> {
  for (const person of PEOPLE) await scim.user(String(person['userName']), person);
}
