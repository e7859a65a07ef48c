import type { Preset } from './preset.ts';

/**
 * SAP SuccessFactors: `personIdExternal` is the person, `userId` one employment (it changes on a rehire, and a person may
 * have several at once), so a file has several rows per person in any order. Status is a letter.
 */
export const successfactors: Preset = {
  name: 'successfactors',
  signature: [
    'person id external',
    'user id',
    'empl status',
    'latest termination date',
    'assignment id external',
    'assignment class',
    'is primary',
    'employee class',
    'event reason',
    'is contingent worker',
    'manager person id external',
    'seq number',
    'last date worked',
    'position code',
  ],
  synonyms: {
    personKey: ['person id external', 'person id'],
    employmentKey: ['user id', 'assignment id external', 'employment id'],
    primary: ['is primary', 'primary employment'],
    status: ['empl status', 'employee status'],
    workerType: ['employee class', 'employment type'],
    start: ['start date', 'hire date', 'original start date'],
    end: ['end date', 'latest termination date', 'termination date', 'last date worked'],
    rehire: ['rehire date'],
    managerKey: ['manager person id external', 'manager user id', 'manager id'],
    workEmail: ['business email', 'email address', 'email'],
    given: ['first name'],
    family: ['last name'],
    preferred: ['preferred name'],
    display: ['display name', 'formal name'],
    title: ['job title', 'position title'],
    department: ['department', 'department name'],
    location: ['location', 'location name'],
    company: ['company', 'legal entity'],
    phone: ['business phone'],
    timeZone: ['timezone'],
  },
  managerFor: {
    'person id external': ['manager person id external'],
    'user id': ['manager user id', 'manager id'],
  },
  // Dormant: works elsewhere for the company. Suspended comes back. O (discarded) is no word about employment and holds.
  statusWords: {
    a: 'active',
    u: 'leave',
    p: 'leave',
    f: 'leave',
    s: 'leave',
    d: 'leave',
    r: 'ended',
    t: 'ended',
    'paid leave': 'leave',
    'unpaid leave': 'leave',
    dormant: 'leave',
    suspended: 'leave',
  },
};
