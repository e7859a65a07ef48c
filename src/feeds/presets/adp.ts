import type { Preset } from './preset.ts';

/**
 * ADP Workforce Now custom reports: a row per position, so the person is the Associate ID and the Position ID tells the
 * rows apart. Headers may carry a suffix such as "(Employment Profile)". Codes are padded with zeros.
 */
export const adp: Preset = {
  name: 'adp',
  signature: [
    'associate id',
    'file number',
    'position id',
    'position status',
    'position start date',
    'payroll company code',
    'worker category description',
    'home department description',
    'home department code',
    'job title description',
    'location description',
    'reports to associate id',
    'reports to position id',
    'reports to name',
    'preferred or chosen first name',
    'work contact: work email',
    'work contact: work phone',
  ],
  synonyms: {
    personKey: ['associate id', 'associate oid', 'file number', 'employee id'],
    employmentKey: ['position id'],
    primary: ['primary position', 'primary job'],
    status: ['position status', 'status', 'employee status'],
    workerType: ['worker category description', 'worker type'],
    start: ['hire date', 'original hire date', 'position start date'],
    end: ['termination date'],
    rehire: ['rehire date'],
    managerKey: ['reports to associate id'],
    workEmail: ['work contact: work email', 'work email'],
    given: ['first name', 'legal first name'],
    family: ['last name', 'legal last name'],
    preferred: ['preferred or chosen first name', 'preferred first name', 'preferred name'],
    display: ['payroll name', 'employee name'],
    title: ['job title description', 'job title'],
    department: ['home department description', 'department description', 'department'],
    location: ['location description', 'location'],
    company: ['company name', 'legal entity'],
    phone: ['work contact: work phone', 'work contact: work mobile'],
  },
  managerFor: {
    'associate id': ['reports to associate id'],
    'file number': ['reports to file number'],
  },
};
