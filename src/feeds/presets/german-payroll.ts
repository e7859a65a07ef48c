import type { Preset } from './preset.ts';

/**
 * Personnel lists of German payroll programs (DATEV, Lexware, zvoove and alike): semicolons, often Windows-1252, decimal
 * commas, dates with dots, numbers with leading zeros, no status at all. "Befristet bis" limits a contract; it is not the
 * day on which somebody leaves.
 */
export const germanPayroll: Preset = {
  name: 'german-payroll',
  signature: [
    'personalnummer',
    'personal-nr',
    'pers.-nr.',
    'pnr',
    'eintritt',
    'austritt',
    'befristet bis',
    'beschäftigungsart',
    'kostenstelle',
    'mandant',
    'abrechnungskreis',
    'steuerklasse',
    'stundenlohn',
    'sv-nummer',
    'personengruppe',
    'geburtsdatum',
    'straße',
    'plz',
  ],
  synonyms: {
    personKey: ['personalnummer', 'personal-nr', 'pers.-nr.', 'pers-nr', 'pnr', 'mitarbeiternummer'],
    workerType: ['beschäftigungsart', 'mitarbeiterart'],
    start: ['eintritt', 'eintrittsdatum', 'eintrittsdatum 1'],
    end: ['austritt', 'austrittsdatum', 'austrittsdatum 1'],
    workEmail: ['e-mail dienstlich', 'e-mail geschäftlich', 'dienstliche e-mail', 'e-mail', 'email', 'e-mail-adresse'],
    given: ['vorname'],
    family: ['nachname', 'name', 'familienname'],
    title: ['tätigkeit', 'berufsbezeichnung', 'funktion', 'stelle'],
    department: ['abteilung', 'kostenstelle bezeichnung', 'bereich'],
    location: ['betriebsstätte', 'standort', 'arbeitsort'],
    company: ['firma', 'mandant', 'gesellschaft'],
    phone: ['telefon dienstlich', 'telefon geschäftlich'],
  },
};
