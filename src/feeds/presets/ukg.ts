import type { Preset } from './preset.ts';

/** UKG Pro (UltiPro) reports: names without spaces, a letter for the status. Letters that mean something else elsewhere hold. */
export const ukgPro: Preset = {
  name: 'ukg-pro',
  signature: [
    'former last name',
    'supervisor employee number',
    'employee status code',
    'employment status code',
    'employment status description',
    'original hire',
    'date of original hire',
    'date of last hire',
    'last hire date',
    'date of termination',
    'org level 1',
    'org level 2',
    'org level 1 description',
    'job description',
    'pay group',
    'component company code',
    'is primary job',
  ],
  synonyms: {
    personKey: ['employee number', 'employee id'],
    status: ['employment status', 'employment status code', 'employee status code', 'employment status description'],
    workerType: ['employee type', 'employee type code', 'employee type description'],
    start: ['hire date', 'date of last hire', 'last hire date', 'original hire', 'date of original hire'],
    end: ['termination date', 'date of termination'],
    managerKey: ['supervisor employee number', 'supervisor number'],
    workEmail: ['email address', 'work email'],
    given: ['first name'],
    family: ['last name'],
    preferred: ['preferred name', 'preferred first name'],
    title: ['job description', 'job title', 'alternate title'],
    department: ['org level 1 description', 'org level 1', 'department'],
    location: ['location', 'location description', 'work location'],
    company: ['company name', 'company', 'component company'],
    phone: ['work phone', 'work phone number'],
  },
  statusWords: { a: 'active', l: 'leave', t: 'ended' },
};

/**
 * UKG HR Service Delivery: semicolons, cells in single quotes, mandatory columns by place under names of the company's
 * choice. Where the names are others, the feed's mapping names the columns by place (`#2`).
 */
export const ukgHrsd: Preset = {
  name: 'ukg-hrsd',
  signature: [
    'technical id',
    'organization code',
    'organization codes',
    'exit date',
    'departure date',
    'saml token',
    'professional email',
    'manager technical id',
  ],
  synonyms: {
    personKey: ['technical id', 'employee number', 'registration number'],
    status: ['status', 'employee status'],
    start: ['entry date', 'starting date', 'hire date'],
    end: ['departure date', 'exit date', 'termination date'],
    managerKey: ['manager technical id', 'manager employee number'],
    workEmail: ['professional email', 'work email'],
    given: ['first name', 'firstname'],
    family: ['last name', 'lastname'],
    department: ['organization name', 'organization code'],
    title: ['job title', 'position'],
  },
  managerFor: {
    'technical id': ['manager technical id'],
    'employee number': ['manager employee number'],
  },
};
