import { type CorpusFile, cp1252, crlf, lines } from './feed-corpus-file.ts';

/** How each system writes its export (reconciliation 3.2). People are invented. */
export const SYSTEMS: readonly CorpusFile[] = [
  {
    file: 'workday.csv',
    about: 'Workday: custom report on all active and terminated workers',
    bytes: lines(
      'Workday ID,Employee ID,Worker,Worker Type,Active Status,Hire Date,Termination Date,Manager ID,Manager WID,Primary Work Email,Legal Name - First Name,Legal Name - Last Name,Business Title,Supervisory Organization',
      'a1f0,0012,Ann Lee,Employee,Yes,2020-01-06,,0034,b2c1,ann.lee@example.com,Ann,Lee,Account Executive,Sales',
      'b2c1,0034,Bo Ek,Employee,Yes,2015-02-02,,,,bo.ek@example.com,Bo,Ek,VP Sales,Sales',
      'c3d2,C-7,Cy Dahl (Contractor),Contingent Worker,No,2024-01-08,2025-12-31,0034,b2c1,cy.dahl@example.com,Cy,Dahl,Consultant,Sales',
    ),
  },
  {
    file: 'workday-contingent.csv',
    about: 'Workday: a report of contingent workers keyed by Workday ID',
    bytes: lines(
      'WID,Worker,Worker Status,Worker Type,Contract Start Date,Contract End Date,Manager WID',
      'a1f0,Ann Lee,Active,Contingent Worker,2025-01-06,2026-12-31,b2c1',
    ),
  },
  {
    file: 'csv2scim.csv',
    about: "Microsoft's CSV2SCIM sample: inactive and on leave is leave",
    bytes: lines(
      'WorkerID,WorkerStatus,WorkerType,UserID,FirstName,LastName,FullName,GenderPronoun,ManagerID,HireDate,OnLeave,Department,Division,CostCenter,Company,Location,JobTitle,StreetAddress,City,CountryCode,OfficePhone',
      '1001,Inactive,Contractor,EMP1001,Ann,Lee,Ann Lee,SHE/HER,1002,2013-01-01,True,Sales,EMEA,CC1,Larkfield,Berlin,Account Executive,1 Main St,Berlin,DE,555-0100',
      '1002,Active,Employee,EMP1002,Bo,Ek,Bo Ek,HE/HIM,,2010-07-10,False,Sales,EMEA,CC1,Larkfield,Berlin,VP Sales,1 Main St,Berlin,DE,555-0101',
      '1003,Inactive,Employee,EMP1003,Cy,Dahl,Cy Dahl,THEY,1002,2012-03-01,False,Sales,EMEA,CC1,Larkfield,Berlin,SDR,1 Main St,Berlin,DE,555-0102',
    ),
  },
  {
    file: 'bamboohr-report.csv',
    about: 'BambooHR: report with labels; the manager by the id of the same kind',
    bytes: lines(
      'EEID,Employee #,First Name,Last Name,Preferred Name,Status,Employment Status: Date,Hire Date,Termination Date,Supervisor EID,Supervisor ID,Work Email,Job Title,Division',
      '77,12,Ann,Lee,Annie,Active,01/13/2020,01/13/2020,00/00/0000,13,78,ann.lee@example.com,Account Executive,Sales',
      '78,13,Bo,Ek,,Active,02/02/2015,02/02/2015,,,,bo.ek@example.com,VP Sales,Sales',
      '79,14,Cy,Dahl,,Inactive,12/31/2025,05/20/2019,12/31/2025,13,78,cy.dahl@example.com,SDR,Sales',
    ),
  },
  {
    file: 'bamboohr-api.csv',
    about: 'BambooHR: names of its API, keyed by its own id, kinds of contract as status',
    bytes: lines(
      'id,displayName,employmentHistoryStatus,hireDate,terminationDate,supervisorEId,supervisorId,supervisor,bestEmail',
      '77,Ann Lee,Full-Time,2020-01-13,0000-00-00,13,78,Bo Ek,ann.lee@example.com',
      '78,Bo Ek,Contractor,2015-02-02,0000-00-00,,,,bo.ek@example.com',
    ),
  },
  {
    file: 'adp-workforce-now.csv',
    about: 'ADP Workforce Now: suffixes, a row per position, managers by Associate ID',
    bytes: lines(
      '"Associate ID","Position ID (Employment Profile)","Payroll Company Code","File Number","Last Name","First Name","Preferred Or Chosen First Name (Personal Profile)","Position Status (Employment Profile)","Hire Date (Employment Profile)","Rehire Date","Termination Date (Employment Profile)","Job Title Description","Home Department Description","Location Description","Reports To Associate ID","Reports To Name","Work Contact: Work Email","Worker Category Description"',
      'AB12CD34E,LKF000101,LKF,000101,Lee,Ann,Annie,Active,01/13/2020,,,Account Executive,000410 - Sales,Austin,ZZ98YY76X,"Ek, Bo",ann.lee@example.com,Full Time',
      'AB12CD34E,LKF000102,LKF,000102,Lee,Ann,Annie,Terminated,01/13/2020,,06/30/2024,Trainer,000420 - Enablement,Austin,ZZ98YY76X,"Ek, Bo",ann.lee@example.com,Part Time',
      'ZZ98YY76X,LKF000007,LKF,000007,Ek,Bo,,Active,02/02/2015,,,VP Sales,000410 - Sales,Austin,,,bo.ek@example.com,Full Time',
      'QQ11WW22E,LKF000103,LKF,000103,Dahl,Cy,,Leave,05/20/2019,,,SDR,000410 - Sales,Austin,ZZ98YY76X,"Ek, Bo",cy.dahl@example.com,Full Time',
    ),
  },
  {
    file: 'ukg-pro.csv',
    about: 'UKG Pro: names without spaces, letters for the status; R is not known for sure',
    bytes: lines(
      'EmployeeNumber,FirstName,LastName,FormerLastName,EmploymentStatus,HireDate,OriginalHire,TerminationDate,SupervisorEmployeeNumber,EmailAddress,JobDescription,OrgLevel1,Location',
      '000101,Ann,Lee,Reed,A,2020-01-13,2020-01-13,,000007,ann.lee@example.com,Account Executive,Sales,Austin',
      '000007,Bo,Ek,,L,2015-02-02,2015-02-02,,,bo.ek@example.com,VP Sales,Sales,Austin',
      '000103,Cy,Dahl,,T,2019-05-20,2019-05-20,2025-12-31,000007,cy.dahl@example.com,SDR,Sales,Austin',
      '000104,Di,Roy,,R,2019-05-20,2019-05-20,,000007,di.roy@example.com,SDR,Sales,Austin',
    ),
  },
  {
    file: 'ukg-hrsd.csv',
    about: 'UKG HR Service Delivery: semicolons and single quotes',
    bytes: lines(
      "technical_id;organization_code;'First name';'Last name';professional_email;entry_date;departure_date;manager_technical_id;status",
      "1001;HQ;'Ann';'O''Hara; Lee';ann@example.com;2020-01-13;;1002;active",
      "1002;HQ;'Bo';'Ek';bo@example.com;2015-02-02;;;active",
    ),
  },
  {
    file: 'ukg-hrsd-positional.csv',
    about: 'UKG HR Service Delivery: columns by place, told by the mapping',
    bytes: lines(
      '1;2;3;4;5',
      "1001;'Ann';'Lee';ann@example.com;2020-01-13",
      "1002;'Bo';'Ek';bo@example.com;2015-02-02",
    ),
    profile: {
      mapping: {
        personKey: { column: '#1' },
        given: { column: '#2' },
        family: { column: '#3' },
        workEmail: { column: '#4' },
        start: { column: '#5' },
      },
    },
  },
  {
    file: 'successfactors.csv',
    about: 'SuccessFactors: letters, the person above the employments, suspended comes back, O holds',
    bytes: lines(
      'personIdExternal,userId,isPrimary,firstName,lastName,emplStatus,startDate,latestTerminationDate,managerPersonIdExternal,businessEmail,jobTitle,department,employeeClass',
      '5001,5001,Y,Ann,Lee,A,2020-01-06,,5009,ann.lee@example.com,Account Executive,Sales,Employee',
      '5001,5001-1,N,Ann,Lee,D,2023-01-01,,5009,ann.lee@example.com,Account Executive,Sales (Global Assignment),Employee',
      '5002,5002,Y,Bo,Ek,T,2015-02-02,2020-06-30,5009,bo.ek@example.com,VP Sales,Sales,Employee',
      '5002,5002-R,Y,Bo,Ek,A,2021-03-01,,5009,bo.ek@example.com,VP Sales,Sales,Employee',
      '5003,5003,Y,Cy,Dahl,S,2019-05-20,,5001,cy.dahl@example.com,SDR,Sales,Employee',
      '5004,5004,Y,Di,Roy,O,2019-05-20,,5001,di.roy@example.com,SDR,Sales,Employee',
    ),
  },
  ...(
    [
      [
        'en',
        'ID,Personnel number,First name,Last name,Email,Status,Hire date,Employment end date,Contract end date,Supervisor,Position,Department,Office,Employment type',
        'active',
        'leave',
        'inactive',
        'Internal',
      ],
      [
        'de',
        'ID;Personalnummer;Vorname;Nachname;E-Mail;Status;Eintrittsdatum;Austrittsdatum;Vertragsende;Vorgesetzter;Position;Abteilung;Arbeitsort;Art der Beschäftigung',
        'aktiv',
        'beurlaubt',
        'inaktiv',
        'Vollzeit',
      ],
      [
        'es',
        'ID,Número de personal,Nombre,Apellidos,Correo electrónico,Estado,Fecha de contratación,Fecha de finalización,Contract end date,Supervisor/a,Puesto,Departamento,Oficina,Tipo de empleo',
        'activo',
        'permiso',
        'inactivo',
        'Employee',
      ],
      [
        'fr',
        "ID;Numéro de personnel;Prénom;Nom;Adresse e-mail;Statut;Date d'embauche;Date de départ;Contract end date;Supérieur hiérarchique;Poste;Département;Bureau;Type d'emploi",
        'actif',
        'en congé',
        'inactif',
        'Employee',
      ],
      [
        'it',
        'ID;Numero personale;Nome;Cognome;Indirizzo e-mail;Stato;Data di assunzione;Data di cessazione;Contract end date;Responsabile;Posizione;Reparto;Ufficio;Tipo di impiego',
        'attivo',
        'in congedo',
        'inattivo',
        'Employee',
      ],
      [
        'nl',
        'ID;Personeelsnummer;Voornaam;Achternaam;E-mailadres;Status;Datum in dienst;Datum uit dienst;Contract end date;Leidinggevende;Functie;Afdeling;Kantoor;Type dienstverband',
        'actief',
        'verlof',
        'inactief',
        'Employee',
      ],
    ] as const
  ).map(([language, header, active, leave, ended, type]): CorpusFile => {
    const mark = header.includes(';') ? ';' : ',';
    const row = (...cells: readonly string[]): string => cells.join(mark);
    return {
      file: `personio-${language}.csv`,
      about: `Personio: headers and words of an account in "${language}"`,
      bytes: lines(
        header,
        row(
          '9001',
          '0101',
          'Ann',
          'Lee',
          'ann.lee@example.com',
          active,
          '2020-01-13',
          '',
          '2026-01-31',
          'Bo Ek',
          'AE',
          'Sales',
          'Berlin',
          type,
        ),
        row(
          '9002',
          '0007',
          'Bo',
          'Ek',
          'bo.ek@example.com',
          leave,
          '2015-02-02',
          '',
          '',
          '',
          'VP',
          'Sales',
          'Berlin',
          type,
        ),
        row(
          '9003',
          '0103',
          'Cy',
          'Dahl',
          'cy.dahl@example.com',
          ended,
          '2019-05-20',
          '2025-12-31',
          '',
          'Bo Ek',
          'SDR',
          'Sales',
          'Berlin',
          type,
        ),
      ),
    };
  }),
  {
    file: 'hibob.csv',
    about: 'HiBob: report as on the screen',
    bytes: lines(
      'Employee ID,Display name,Legal first name,Legal last name,Email,Lifecycle status,Start date,Termination date,Reports to,Reports to: Employee ID,Job title,Department,Site',
      '101,Annie Lee,Ann,Lee,ann.lee@example.com,Employed,2020-01-13,,Bo Ek,7,Account Executive,Sales,Lisbon',
      '7,Bo Ek,Bo,Ek,bo.ek@example.com,Employed,2015-02-02,,,,VP Sales,Sales,Lisbon',
      '103,Cy Dahl,Cy,Dahl,cy.dahl@example.com,Terminated,2019-05-20,2025-12-31,Bo Ek,7,SDR,Sales,Lisbon',
    ),
  },
  {
    file: 'hibob-camel.csv',
    about: 'HiBob: headers as one word',
    bytes: lines(
      'employeeIdInCompany,displayName,legalFirstName,legalLastName,workEmail,lifecycleStatus,startDate,reportsTo,jobTitle,site',
      '101,Annie Lee,Ann,Lee,ann.lee@example.com,Employed,2020-01-13,Bo Ek,Account Executive,Lisbon',
    ),
  },
  {
    file: 'rippling.csv',
    about: 'Rippling: fields of the manager, future hires are Hired or Accepted',
    bytes: lines(
      'Employee ID,Legal first name,Legal last name,Preferred first name,Work email,Employment status,Employment type,Start date,End date,Manager - Work email,Manager - Employee ID,Title,Department,Work location',
      '101,Ann,Lee,Annie,ann.lee@example.com,Active,"Salaried, full-time",2020-01-13,,bo.ek@example.com,7,Account Executive,Sales,Austin',
      '102,Di,Roy,,di.roy@example.com,Hired,"Salaried, full-time",2026-04-01,,bo.ek@example.com,7,SDR,Sales,Austin',
      '103,Ed,Fox,,ed.fox@example.com,Accepted,Contractor,2026-05-01,,bo.ek@example.com,7,SDR,Sales,Austin',
      '104,Cy,Dahl,,cy.dahl@example.com,Terminated,"Salaried, full-time",2019-05-20,2025-12-31,bo.ek@example.com,7,SDR,Sales,Austin',
    ),
  },
  {
    file: 'german-payroll.csv',
    about: 'DATEV, Lexware, zvoove: Windows-1252, semicolons, dots, no status, the limit of a contract is no end',
    bytes: cp1252(
      crlf(
        lines(
          'Personalnummer;Nachname;Vorname;Geburtsdatum;Straße;PLZ;Ort;E-Mail;Beschäftigungsart;Eintritt;Befristet bis;Stundenlohn;Austritt;Abteilung',
          '00101;Brüning;Zoë;01.01.1990;Weg 1;10115;Berlin;zoe@example.com;Vollzeit;13.01.2020;31.12.2025;25,50;;Vertrieb',
          '00007;Weiß;Jürgen;02.02.1980;Weg 2;10115;Berlin;juergen@example.com;Geringfügig Beschäftigter;02.02.2015;;14,00;31.12.2025;Vertrieb',
        ),
      ),
    ),
  },
  {
    file: 'german-payroll-bom.csv',
    about: 'the same kind of list as UTF-8 with a mark',
    bytes: `\uFEFF${crlf(lines('Pers.-Nr.;Name;Vorname;Eintrittsdatum;Austrittsdatum;Kostenstelle;E-Mail dienstlich', '0101;Lee;Ann;13.01.2020;31.12.9999;4100;ann.lee@example.com', '0007;Ek;Bo;02.02.2015;;4100;bo.ek@example.com'))}`,
  },
  {
    file: 'merge.csv',
    about: 'Merge: a deleted record says that the person is gone',
    bytes: lines(
      'id,remote_id,employee_number,first_name,last_name,display_full_name,work_email,personal_email,employment_status,hire_date,start_date,termination_date,manager,remote_was_deleted',
      '0f3a-1,r1,101,Ann,Lee,Ann Lee,ann.lee@example.com,ann@example.org,ACTIVE,2020-01-13T00:00:00Z,2023-01-01T00:00:00Z,,0f3a-2,false',
      '0f3a-2,r2,7,Bo,Ek,Bo Ek,bo.ek@example.com,,PENDING,2026-04-01T00:00:00Z,2026-04-01T00:00:00Z,,,false',
      '0f3a-3,r3,103,Cy,Dahl,Cy Dahl,cy.dahl@example.com,,ACTIVE,2019-05-20T00:00:00Z,2019-05-20T00:00:00Z,,0f3a-2,true',
    ),
  },
  {
    file: 'finch.csv',
    about: 'Finch: is_active, subtypes, managers by its own ids are not mixed with ours',
    bytes: lines(
      'id,source_id,first_name,last_name,email,is_active,employment.type,employment.subtype,start_date,latest_rehire_date,end_date,manager.id,department.name,title',
      'f-1,101,Ann,Lee,ann.lee@example.com,true,employee,full_time,2020-01-13,,,f-2,Sales,Account Executive',
      'f-2,7,Bo,Ek,bo.ek@example.com,true,contractor,individual_contractor,2015-02-02,2021-03-01,2018-06-30,,Sales,VP Sales',
      'f-3,103,Cy,Dahl,cy.dahl@example.com,false,employee,part_time,2019-05-20,,2025-12-31,f-2,Sales,SDR',
    ),
  },
  {
    file: 'generic-lattice.csv',
    about: 'header words that importers agree on',
    bytes: lines(
      'External user ID,Full Name,Email,Status,Started At,Manager email,Job Title',
      '1,Ann Lee,ann.lee@example.com,active,2020-01-13,bo.ek@example.com,AE',
    ),
  },
];
