import type { Preset } from './preset.ts';

/** Rippling reports: fields of other objects read "Manager - Work email". Future hires are "Hired" or "Accepted". */
export const rippling: Preset = {
  name: 'rippling',
  signature: [
    'manager - work email',
    'manager - employee id',
    'manager - employee number',
    'manager - id',
    'manager - full name',
    'legal first name',
    'legal last name',
    'rippling id',
    'rippling employee id',
    'work location - name',
    'department - name',
    'end date (last working day)',
  ],
  synonyms: {
    personKey: ['employee id', 'employee number', 'rippling employee id', 'rippling id'],
    status: ['employment status', 'status'],
    workerType: ['employment type', 'worker type'],
    start: ['start date', 'hire date'],
    end: ['end date', 'termination date', 'last working day', 'last day of work'],
    managerKey: ['manager - employee id', 'manager - employee number', 'manager - id'],
    workEmail: ['work email'],
    given: ['legal first name', 'first name'],
    family: ['legal last name', 'last name'],
    preferred: ['preferred first name', 'preferred name'],
    display: ['employee', 'employee name', 'full name'],
    title: ['title', 'job title'],
    department: ['department', 'department - name'],
    location: ['work location', 'work location - name'],
    company: ['entity', 'legal entity'],
    phone: ['work phone'],
  },
};
