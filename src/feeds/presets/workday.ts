import type { Preset } from './preset.ts';

/**
 * Workday custom reports: columns are whatever the report's author chose, so the delivered field names and the usual
 * aliases are listed. The report should be built on "All Active and Terminated Workers" (docs/hr-feeds.md).
 */
export const workday: Preset = {
  name: 'workday',
  signature: [
    'workday id',
    'wid',
    'worker',
    'worker id',
    'worker status',
    'active status',
    'worker type',
    'legal name - first name',
    'legal name - last name',
    'preferred name - first name',
    'primary work email',
    'email - primary work',
    'business title',
    'job profile',
    'supervisory organization',
    'manager wid',
  ],
  synonyms: {
    personKey: ['employee id', 'worker id', 'contingent worker id', 'workday id', 'wid'],
    status: ['worker status', 'active status', 'employee status'],
    start: ['hire date', 'start date', 'contract start date', 'original hire date'],
    end: ['termination date', 'last day of work', 'end date', 'contract end date'],
    managerKey: ['manager id', 'manager employee id', 'manager - employee id', 'manager worker id', 'manager wid'],
    workEmail: ['primary work email', 'email - primary work', 'email - work', 'public primary work email'],
    given: ['legal name - first name', 'legal first name', 'first name'],
    family: ['legal name - last name', 'legal last name', 'last name'],
    preferred: ['preferred name - first name', 'preferred first name'],
    display: ['worker', 'worker name', 'legal name', 'preferred name'],
    title: ['business title', 'position title', 'job title', 'job profile'],
    department: ['supervisory organization', 'department', 'organization'],
    location: ['primary location', 'location'],
    phone: ['primary work phone', 'public primary work phone', 'phone - primary work'],
    locale: ['user language', 'locale'],
  },
  managerFor: {
    'workday id': ['manager wid', 'manager workday id'],
    wid: ['manager wid', 'manager workday id'],
    'employee id': ['manager id', 'manager employee id', 'manager - employee id'],
    'worker id': ['manager id', 'manager worker id'],
  },
};
