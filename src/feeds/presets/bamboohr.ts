import type { Preset } from './preset.ts';

/**
 * BambooHR writes labels in reports ("Employee #") and field names through its API ("employeeNumber"). It has two ids
 * for everything: yours (employee number, supervisorEId) and its own (id, supervisorId); they are never mixed.
 */
export const bamboohr: Preset = {
  name: 'bamboohr',
  signature: [
    'employee #',
    'eeid',
    'employment history status',
    'supervisor eid',
    'supervisor id',
    'best email',
    'reporting to',
    'employment status: date',
    'job information: date',
    'full name 1',
    'full name 5',
  ],
  synonyms: {
    personKey: ['employee #', 'employee number', 'eeid', 'id'],
    status: ['status', 'employment status', 'employment history status'],
    start: ['hire date'],
    end: ['termination date'],
    rehire: ['rehire date'],
    managerKey: ['supervisor eid', 'supervisor employee #', 'supervisor id'],
    workEmail: ['work email', 'best email'],
    display: ['display name', 'full name 1', 'full name 5', 'name'],
    title: ['job title'],
    department: ['department', 'division'],
    phone: ['work phone', 'mobile phone'],
  },
  managerFor: {
    'employee #': ['supervisor eid', 'supervisor employee #'],
    'employee number': ['supervisor eid', 'supervisor employee #'],
    eeid: ['supervisor eid', 'supervisor employee #'],
    id: ['supervisor id'],
  },
  // `employmentStatus` and `employmentHistoryStatus` hold the kind of contract until somebody leaves.
  statusWords: {
    'full time': 'active',
    'part time': 'active',
    contractor: 'active',
    contract: 'active',
    intern: 'active',
    temporary: 'active',
    'leave (paid)': 'leave',
    'leave (unpaid)': 'leave',
  },
};
