import { type CorpusFile, lines } from './feed-corpus-file.ts';

const HEADER = 'Employee ID,First Name,Last Name,Status,Hire Date,Termination Date,Manager ID';

/** Columns, dates, ids, words and people (reconciliation 3.1, 3.3). */
export const PEOPLE: readonly CorpusFile[] = [
  {
    file: 'header-noise.csv',
    about: 'no-break spaces, line breaks, bracket suffixes, case and stars in headers',
    bytes: lines(
      '"EMPLOYEE\u00A0ID*","Hire\nDate (Employment Profile)","position  STATUS [required]","Ｊob Title:"',
      '0001,2020-01-06,Active,AE',
    ),
  },
  {
    file: 'header-custom-majority.csv',
    about: 'most columns are of the company itself',
    bytes: lines('Employee ID,Badge,Shoe size,Parking,Locker', '1,a,b,c,d'),
  },
  {
    file: 'duplicate-header-mapped.csv',
    about: 'two columns of one name, told apart by the mapping',
    bytes: lines('Employee ID,Email,Status,Email', '1,old@example.com,Active,new@example.com'),
    profile: { columns: { 'Email[2]': 'workEmail' } },
  },
  {
    file: 'excel-serials.csv',
    about: "a column of a spreadsheet's day numbers",
    bytes: lines(HEADER, '0001,Ann,Lee,Active,43836,,', '0002,Bo,Ek,Active,44256,2958465,0001'),
  },
  {
    file: 'excel-serials-1904.csv',
    about: 'day numbers counted from 1904, as the mapping says',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,42374,,'),
    profile: { mapping: { start: { column: 'Hire Date', transforms: [{ op: 'date', format: 'excel-1904' }] } } },
  },
  {
    file: 'excel-serials-tangled.csv',
    about: 'day numbers beside written dates: a spreadsheet exchanged day and month',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,43836,,', '0002,Bo,Ek,Active,13/04/2021,,0001'),
  },
  {
    file: 'dates-day-first.csv',
    about: 'one day above 12 decides the column',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,13/01/2020,,', '0002,Bo,Ek,Active,02/03/2021,,0001'),
  },
  {
    file: 'dates-month-first.csv',
    about: 'the other way round',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,01/13/2020,,', '0002,Bo,Ek,Active,02/03/2021,,0001'),
  },
  {
    file: 'dates-ambiguous.csv',
    about: 'no cell decides: asked for, never guessed',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,12/11/2020,,', '0002,Bo,Ek,Active,05/05/2021,,0001'),
  },
  {
    file: 'dates-ambiguous-told.csv',
    about: 'the same, with the order from policy',
    bytes: lines(HEADER, '0001,Ann,Lee,Active,12/11/2020,,'),
    profile: { dateOrder: { 'hire date': 'day_first' } },
  },
  {
    file: 'dates-mixed.csv',
    about: 'both orders in one column',
    bytes: lines(
      HEADER,
      '0001,Ann,Lee,Active,13/01/2020,,',
      '0002,Bo,Ek,Active,01/13/2020,,',
      '0003,Cy,Dahl,Active,02/03/2020,,',
    ),
  },
  {
    file: 'dates-sentinel.csv',
    about: 'zero dates, high dates and words for an open end',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,0000-00-00,',
      '2,Bo,Ek,Active,2020-01-06,31.12.9999,',
      '3,Cy,Dahl,Active,01/01/1900,present,',
      '4,Di,Roy,Active,2020-01-06,unbefristet,',
    ),
  },
  {
    file: 'dates-impossible.csv',
    about: 'no such day, two-digit years, words',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-02-30,,',
      '2,Bo,Ek,Active,1/2/20,,',
      '3,Cy,Dahl,Active,soon,,',
      '4,Di,Roy,Active,2020-01-06,2019-01-06,',
    ),
  },
  {
    file: 'id-exponent.csv',
    about: 'ids that a spreadsheet rounded',
    bytes: lines(
      HEADER,
      '1.23457E+11,Ann,Lee,Active,2020-01-06,,',
      '"1,23E+11",Bo,Ek,Active,2020-01-06,,',
      '0003,Cy,Dahl,Active,2020-01-06,,1.23457E+11',
    ),
  },
  {
    file: 'id-zeros-lost.csv',
    about: 'the ids of the feed have six digits: padding is proposed, never done',
    bytes: lines(HEADER, '1,Ann,Lee,Active,2020-01-06,,', '000002,Bo,Ek,Active,2020-01-06,,1'),
    profile: { expected: { earlier: { keyWidth: 6 } } },
  },
  {
    file: 'id-zeros-padded.csv',
    about: 'the same, padded by the mapping',
    bytes: lines(HEADER, '1,Ann,Lee,Active,2020-01-06,,', '000002,Bo,Ek,Active,2020-01-06,,1'),
    profile: {
      expected: { earlier: { keyWidth: 6 } },
      mapping: {
        personKey: { column: 'Employee ID', transforms: [{ op: 'pad', width: 6 }] },
        managerKey: { column: 'Manager ID', transforms: [{ op: 'pad', width: 6 }] },
      },
    },
  },
  {
    file: 'id-text-formula.csv',
    about: "Excel's way to keep zeros",
    bytes: lines('Employee ID,Manager ID', '"=""00012""","=""00034"""', '00034,'),
  },
  {
    file: 'id-missing.csv',
    about: 'rows without an id',
    bytes: lines(
      HEADER,
      ',Ann,Lee,Active,2020-01-06,,',
      'n/a,Bo,Ek,Active,2020-01-06,,',
      '3,Cy,Dahl,Active,2020-01-06,,',
    ),
  },
  {
    file: 'same-row-twice.csv',
    about: 'one row word for word again: once is enough',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,,',
      '2,Bo,Ek,Active,2020-01-06,,',
      '1,Ann,Lee,Active,2020-01-06,,',
    ),
  },
  {
    file: 'same-id-other-content.csv',
    about: 'two rows of one id that differ: neither is taken',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,,',
      '1,Bo,Ek,Active,2020-01-06,,',
      '3,Cy,Dahl,Active,2020-01-06,,',
    ),
  },
  {
    file: 'swapped-ids-before.csv',
    about: "before two people got each other's id (the flow compares)",
    bytes: lines(HEADER, '1,Ann,Lee,Active,2020-01-06,,', '2,Bo,Ek,Active,2021-03-01,,1'),
  },
  {
    file: 'swapped-ids-after.csv',
    about: 'and after: nothing in the file alone tells',
    bytes: lines(HEADER, '2,Ann,Lee,Active,2020-01-06,,', '1,Bo,Ek,Active,2021-03-01,,1'),
  },
  {
    file: 'concurrent-jobs.csv',
    about: 'a row per position: one stands for the person, all are kept',
    bytes: lines(
      'Employee ID,Position ID,Primary Position,Full Name,Status,Job Title,Hire Date,Termination Date',
      '1,P1,No,Ann Lee,Active,Tutor,2022-01-01,',
      '1,P2,Yes,Ann Lee,Active,Account Executive,2020-01-06,',
      '2,P3,,Bo Ek,Terminated,Intern,2019-01-01,2019-06-30',
      '2,P4,,Bo Ek,Active,Engineer,2019-09-01,',
      '3,P5,,Cy Dahl,Active,Driver,2018-01-01,',
    ),
  },
  {
    file: 'concurrent-jobs-bad-row.csv',
    about: 'one of the positions cannot be read: nothing is known of the person',
    bytes: lines(
      'Employee ID,Position ID,Full Name,Status',
      '1,P1,Ann Lee,Terminated',
      '1,P2,Ann Lee,Vanished',
      '2,P3,Bo Ek,Active',
    ),
  },
  {
    file: 'concurrent-jobs-unsorted.csv',
    about: 'positions of one person far apart, in any order: the one that counts stands for the person',
    bytes: lines(
      'Employee ID,Position ID,Full Name,Status,Termination Date',
      '1,P1,Ann Lee,Active,',
      '2,P2,Bo Ek,Terminated,2025-01-31',
      '1,P3,Ann Lee,Terminated,2024-01-31',
      '2,P4,Bo Ek,Active,',
    ),
  },
  {
    file: 'worker-types.csv',
    about: 'kinds of workers',
    bytes: lines(
      'Employee ID,Worker Type,Status',
      '1,Employee,Active',
      '2,Contingent Worker,Active',
      '3,Intern,Active',
      '4,External,Active',
      '5,Werkstudent,Active',
      '6,Alien,Active',
    ),
  },
  {
    file: 'status-unknown.csv',
    about: 'a word that nobody mapped holds, it never means the usual',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,,',
      '2,Bo,Ek,Moonlighting,2020-01-06,,',
      '3,Cy,Dahl,toString,2020-01-06,,',
    ),
  },
  {
    file: 'status-mapped.csv',
    about: 'the same word, mapped by the feed',
    bytes: lines(HEADER, '2,Bo,Ek,Moonlighting,2020-01-06,,'),
    profile: { statusWords: { moonlighting: 'leave' } },
  },
  {
    file: 'status-and-dates.csv',
    about: 'dates win over words; the last day is a day of work',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,2026-03-02,',
      '2,Bo,Ek,Active,2020-01-06,2026-03-01,',
      '3,Cy,Dahl,Terminated,2020-01-06,2026-03-31,',
      '4,Di,Roy,Active,2026-04-01,,',
      '5,Ed,Fox,Terminated,2020-01-06,,',
      '6,Flo,Gil,Leave of absence,2020-01-06,,',
    ),
  },
  {
    file: 'rehire.csv',
    about: 'a returner: the end of the earlier employment does not count',
    bytes: lines(
      'Employee ID,Status,Hire Date,Termination Date,Rehire Date',
      '1,Active,2015-01-01,2018-01-01,2020-05-01',
    ),
  },
  {
    file: 'time-zones.csv',
    about: 'the last day ends in the zone of the worker',
    bytes: lines(
      'Employee ID,End Date,Time Zone',
      '1,2026-02-28,America/New_York',
      '2,2026-03-02,',
      '3,2026-02-28,Mars/Olympus',
    ),
  },
  {
    file: 'managers.csv',
    about: 'managers by id; oneself and rounded ids are left out',
    bytes: lines(
      HEADER,
      '1,Ann,Lee,Active,2020-01-06,,',
      '2,Bo,Ek,Active,2020-01-06,,1',
      '3,Cy,Dahl,Active,2020-01-06,,3',
      '4,Di,Roy,Active,2020-01-06,,99',
    ),
  },
  {
    file: 'delta-actions.csv',
    about: 'a delta with tombstones; an unknown word is no permission',
    bytes: lines(
      'Employee ID,Action,Full Name,Status,Hire Date',
      '1,update,Ann Lee,Active,2020-01-06',
      '2,DELETE,Bo Ek,Active,2020-01-06',
      '3,,Cy Dahl,Active,2020-01-06',
      '4,delete,Di Roy,Active,2026-05-01',
      '5,archive,Ed Fox,Active,2020-01-06',
      '6,add,Flo Gil,Active,2026-03-01',
    ),
  },
  {
    file: 'action-of-something-else.csv',
    about: 'an "Action" that is a business event and nothing for us',
    bytes: lines('Employee ID,Action,Full Name,Status', '1,Hire,Ann Lee,Active', '2,Transfer,Bo Ek,Active'),
  },
  {
    file: 'names.csv',
    about: 'particles, one name, capitals, "Last, First", suffixes: kept as they are',
    bytes: lines(
      'Employee ID,First Name,Last Name,Display Name,Status',
      '1,Ludwig,van der Meer,"van der Meer, Ludwig",Active',
      '2,,Sukarno,SUKARNO,Active',
      '3,SAM,O\'NEILL JR.,"O\'NEILL, SAM JR.",Active',
    ),
  },
  {
    file: 'unicode-forms.csv',
    about: 'composed and decomposed letters, sharp s, dotted i, ligatures',
    bytes: lines(
      'Employee ID,First Name,Last Name,Status',
      '1,Zoe\u0308,Weiß,Active',
      '2,Zoë,WEISS,Active',
      '3,İpek,Işık,Active',
      '4,Oﬃce,Straße,Active',
    ),
  },
  {
    file: 'emails.csv',
    about: 'plus tags, dots, another domain; what is no address is left out',
    bytes: lines(
      'Employee ID,Work Email,Status',
      '1,ann+hr@example.com,Active',
      '2,a.n.n@example.org,Active',
      '3,bo at example.com,Active',
      '4,ann+hr@example.com,Active',
    ),
  },
  {
    file: 'emails-unique.csv',
    about: 'an address of two people, where the mapping says that it is unique',
    bytes: lines(
      'Employee ID,Work Email,Status',
      '1,ann@example.com,Active',
      '2,ANN@example.com,Active',
      '3,cy@example.com,Active',
    ),
    profile: { mapping: { workEmail: { column: 'Work Email', unique: true } } },
  },
  {
    file: 'emails-domain-alias.csv',
    about: 'a domain that was renamed, mapped to the new one',
    bytes: lines('Employee ID,Mail,Status', '1,ann@old.example.com,Active'),
    profile: {
      mapping: {
        workEmail: {
          column: 'Mail',
          transforms: [
            { op: 'trim' },
            { op: 'lower' },
            { op: 'domain_alias', domains: { 'old.example.com': 'example.com' } },
          ],
        },
      },
    },
  },
  {
    file: 'own-mapping.csv',
    about: 'a file that only a mapping can read: every transform',
    bytes: lines(
      'Kennung;Name;Zustand;Ab;Bis;Mail;Mail 2',
      '7;Lee, Ann;im Dienst;2020-01-06T23:30:00Z;;;ANN@EXAMPLE.COM',
      '8;Ek, Bo;ruht;2021-03-01T08:00:00Z;;bo@example.com;',
      '9;Dahl, Cy;fort;2019-05-20T08:00:00Z;2025-12-31;;',
      '10;Roy, Di;unklar;2019-05-20T08:00:00Z;;;',
    ),
    profile: {
      mapping: {
        personKey: { column: 'Kennung', transforms: [{ op: 'pad', width: 4 }], required: true, unique: true },
        family: { column: 'Name', transforms: [{ op: 'split', by: ',', take: 1 }] },
        given: { column: 'Name', transforms: [{ op: 'split', by: ',', take: 2 }] },
        status: {
          column: 'Zustand',
          transforms: [{ op: 'map', words: { 'im Dienst': 'active', ruht: 'leave', fort: 'terminated' } }],
        },
        start: { column: 'Ab', transforms: [{ op: 'date', format: 'instant', tz: 'Europe/Berlin' }] },
        end: { column: 'Bis' },
        workEmail: {
          column: 'Mail',
          transforms: [{ op: 'coalesce', columns: ['Mail 2'] }, { op: 'lower' }],
          sensitive: true,
        },
        company: { transforms: [{ op: 'const', value: 'Larkfield GmbH' }] },
        locale: { column: 'Sprache', blankMeans: 'de-DE' },
      },
    },
  },
  {
    file: 'columns-by-place.csv',
    about: 'no header that anybody knows: columns by place',
    bytes: lines('1;2;3;4', '0001;Ann;Lee;A', '0002;Bo;Ek;A'),
    profile: {
      mapping: {
        personKey: { column: '#1' },
        given: { column: '#2' },
        family: { column: '#3' },
        status: { column: '#4', transforms: [{ op: 'map', words: { A: 'active' } }] },
      },
    },
  },
  {
    file: 'fix-file.csv',
    about: 'a fix file of ours comes back: it corrects rows and is never a full file',
    bytes: `\uFEFF${lines('Employee ID;Status;Notes;_import;_record;_column;_code;_message;_suggestion', "2;On leave;'=1+1;imp_7;2;Status;status_unknown;The status word is not known.;")}`,
  },
  {
    file: 'injection.csv',
    about: 'cells that a spreadsheet would run are text to us',
    bytes: lines(
      'Employee ID,Full Name,Job Title,Status',
      '1,"=HYPERLINK(""http://example.com"")",@SUM(A1),Active',
      '2,+31 name,-1,Active',
    ),
  },
];
