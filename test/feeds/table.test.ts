import { describe, expect, it } from '@jest/globals';

import { csv, readAll, verdicts } from './reading.ts';
import type { WholeFeed } from './reading.ts';

const mapped = ({ shape }: WholeFeed): Readonly<Record<string, string>> =>
  Object.fromEntries(shape.columns.flatMap(({ header, field }) => (field === null ? [] : [[field, header]])));

describe('delimiters', () => {
  const rows = [
    ['Employee ID', 'Full Name', 'Status', 'Job Title'],
    ['1', 'Ann Lee', 'Active', 'Sales, EMEA; and | more'],
    ['2', 'Bo Ek', 'Active', '1,5'],
  ];
  it.each([',', ';', '\t', '|'])('finds %j', async (delimiter) => {
    const lines = rows.map((cells) => cells.map((cell) => `"${cell}"`).join(delimiter));
    const feed = await readAll(csv(...lines));
    expect(feed.shape.delimiter).toBe(delimiter);
    expect(feed.rows.map(({ hr }) => hr?.title)).toEqual(['Sales, EMEA; and | more', '1,5']);
  });

  it('is not misled by decimal commas', async () => {
    const feed = await readAll(csv('Personalnummer;Nachname;FTE', '0001;Ek;1,0', '0002;Lee;0,5'));
    expect(feed.shape.delimiter).toBe(';');
    expect(feed.rows.map(({ key }) => key)).toEqual(['0001', '0002']);
  });

  it('obeys a sep= line and counts it as a line', async () => {
    const feed = await readAll('sep=:\r\nEmployee ID:Status\r\n1:Active\r\n');
    expect(feed.shape).toMatchObject({ delimiter: ':', headerLine: 2 });
    expect(feed.rows[0]?.line).toBe(3);
    expect(feed.end).toMatchObject({ read: 1, skipped: 1 });
  });

  it('obeys the feed', async () => {
    const feed = await readAll(csv('Employee ID^Status', '1^Active'), { delimiter: '^' });
    expect(feed.rows[0]?.key).toBe('1');
    await expect(readAll(csv('Employee ID'), { delimiter: '"' })).rejects.toMatchObject({ code: 'bad_profile' });
  });

  it('reads a file of one column', async () => {
    const feed = await readAll(csv('Employee ID', '7', '8'));
    expect(feed.rows.map(({ hr }) => hr?.status)).toEqual(['active', 'active']);
  });
});

describe('the header', () => {
  it('is found below a preamble; lines are physical, records are data', async () => {
    const feed = await readAll(
      csv(
        'Employees of "Larkfield"',
        'Department,Sales',
        '',
        'Employee ID,Status,Notes',
        '1,Active,"a\nb"',
        '',
        '2,Active,',
      ),
    );
    expect(feed.shape.headerLine).toBe(4);
    expect(feed.rows.map(({ record, line }) => [record, line])).toEqual([
      [1, 5],
      [2, 8],
    ]);
    expect(feed.end).toMatchObject({ read: 2, skipped: 4 });
  });

  it('is the first row with a key column where custom columns are in the majority', async () => {
    const feed = await readAll(csv('x,y', 'Employee ID,Badge,Shoe size,Parking,Locker', '1,a,b,c,d'));
    expect(feed.shape.headerLine).toBe(2);
    expect(feed.shape.preset).toBe('generic');
    expect(feed.shape.confidence).toBe(0.2);
  });

  it('reads through byte order marks, no-break spaces, line breaks, case and bracket suffixes', async () => {
    const feed = await readAll(
      csv(
        '\uFEFF"EMPLOYEE\u00A0ID","Hire\nDate (Employment Profile)","position  STATUS","Ｊob Title"',
        '1,2020-01-01,Active,x',
      ),
    );
    expect(mapped(feed)).toEqual({
      personKey: 'EMPLOYEE ID',
      start: 'Hire Date (Employment Profile)',
      status: 'position STATUS',
      title: 'Ｊob Title',
    });
    expect(verdicts(feed.rows)).toEqual(['accepted']);
  });

  it('does not take a private address for the one at work, nor a former name for the name', async () => {
    const feed = await readAll(
      csv(
        'Employee ID,Email (Home),Email (Personal),Last Name (Former),Status (Benefits),Status,Email (Work),Last Name (Personal Profile)',
        '1,a@example.org,b@example.org,Old,Enrolled,Active,c@example.com,Lee',
      ),
    );
    expect(mapped(feed)).toEqual({
      personKey: 'Employee ID',
      status: 'Status',
      workEmail: 'Email (Work)',
      family: 'Last Name (Personal Profile)',
    });
  });

  it('explains every column', async () => {
    const { shape } = await readAll(csv('Employee ID,Worker ID,Manager,Locker,', '1,2,3,4,'));
    expect(shape.columns.map(({ field, why }) => [field, why])).toEqual([
      ['personKey', '"Employee ID" = generic synonym "employee id"'],
      [null, 'also means personKey, which "Employee ID" gives'],
      [null, 'managers are linked by person key only'],
      [null, 'no synonym'],
      [null, 'no header'],
    ]);
  });

  it.each([
    ['no_key_column', 'Name,Email,Department', 'Name, Email, Department'],
    ['duplicate_header', 'Employee ID,Email,EMAIL', '"EMAIL" as column 2 and as column 3'],
    ['duplicate_header', 'Employee ID,Notes,Notes', '"Notes" as column 2 and as column 3'],
  ])('refuses a file: %s', async (code, header, found) => {
    const error: unknown = await readAll(csv(header, 'a,b,c')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain(found);
  });

  it('repeated by a report tool in the middle is left out', async () => {
    const feed = await readAll(csv('Employee ID,Status', '1,Active', 'Employee ID,Status', '2,Active'));
    expect(feed.rows.map(({ key }) => key)).toEqual(['1', '2']);
    expect(feed.end.skipped).toBe(1);
  });
});

describe('presets', () => {
  it('workday', async () => {
    const header =
      'Workday ID,Employee ID,Worker,Worker Type,Active Status,Hire Date,Termination Date,Manager ID,Manager WID,Primary Work Email,Business Title,Supervisory Organization';
    const feed = await readAll(
      csv(header, 'a1,0012,Ann Lee,Contingent Worker,Yes,2020-01-06,,0034,b2,ann@example.com,AE,Sales'),
    );
    expect(feed.shape).toMatchObject({ preset: 'workday', confidence: 1 });
    expect(feed.rows[0]?.hr).toEqual({
      personKey: '0012',
      workerType: 'contingent',
      status: 'active',
      statusRaw: 'Yes',
      start: '2020-01-06',
      display: 'Ann Lee',
      title: 'AE',
      department: 'Sales',
      workEmail: 'ann@example.com',
      managerKey: '0034',
    });
  });

  it('workday keyed by Workday ID takes the manager of the same kind', async () => {
    const feed = await readAll(
      csv('Workday ID,Worker,Worker Status,Manager ID,Manager WID', 'a1,Ann Lee,Active,0034,b2'),
    );
    expect(mapped(feed)).toMatchObject({ personKey: 'Workday ID', managerKey: 'Manager WID' });
  });

  it.each([
    [
      'its API',
      'id,employeeNumber,firstName,lastName,status,employmentHistoryStatus,hireDate,terminationDate,supervisorEId,supervisorId,workEmail,jobTitle',
    ],
    [
      'its reports',
      'EEID,Employee #,First Name,Last Name,Status,Employment Status: Date,Hire Date,Termination Date,Supervisor EID,Supervisor ID,Work Email,Job Title',
    ],
  ])('bamboohr, from %s', async (_, header) => {
    const feed = await readAll(
      csv(header, '77,12,Ann,Lee,Active,Full-Time,2020-01-06,0000-00-00,13,78,ann@example.com,AE'),
    );
    expect(feed.shape.preset).toBe('bamboohr');
    expect(feed.rows[0]).toMatchObject({
      outcome: 'accepted',
      hr: { personKey: '12', managerKey: '13', start: '2020-01-06' },
    });
    expect(feed.rows[0]?.hr).not.toHaveProperty('end');
  });

  it('bamboohr by its own id takes the supervisor of the same kind, and a contract as a status', async () => {
    const feed = await readAll(
      csv('id,employmentHistoryStatus,bestEmail,supervisorEId,supervisorId', '77,Full-Time,ann@example.com,13,78'),
    );
    expect(feed.rows[0]?.hr).toMatchObject({ personKey: '77', managerKey: '78', status: 'active' });
  });

  it('german payroll headers are part of the generic one', async () => {
    const feed = await readAll(
      csv(
        'Personalnummer;Nachname;Vorname;E-Mail;Eintritt;Austritt',
        '0007;Ek;Bo;bo@example.com;01.02.2020;31.12.9999',
      ),
    );
    expect(feed.rows[0]?.hr).toEqual({
      personKey: '0007',
      workerType: 'employee',
      status: 'active',
      start: '2020-02-01',
      family: 'Ek',
      given: 'Bo',
      workEmail: 'bo@example.com',
    });
  });
});

describe('the mapping of the feed', () => {
  it('comes before synonyms and can name one of equal headers', async () => {
    const feed = await readAll(csv('Badge,Email,Email,ID,Status', 'b1,old@example.com,new@example.com,9,Active'), {
      columns: { badge: 'personKey', 'Email[2]': 'workEmail', id: 'ignore' },
    });
    expect(mapped(feed)).toEqual({ personKey: 'Badge', workEmail: 'Email', status: 'Status' });
    expect(feed.rows[0]?.hr).toMatchObject({ personKey: 'b1', workEmail: 'new@example.com' });
  });

  it('must name known fields and, for the key, a column that is there', async () => {
    const file = csv('Employee ID,Status', '1,Active');
    await expect(readAll(file, { columns: { Status: 'salary' } })).rejects.toMatchObject({ code: 'bad_profile' });
    await expect(readAll(file, { columns: { Badge: 'personKey' } })).rejects.toMatchObject({ code: 'no_key_column' });
  });
});

describe('the tail', () => {
  it.each([
    ['Total,2,', 2],
    ['Total: 2', 2],
    ['2 records', undefined],
    ['Report run by Ann Lee on 2026-03-01', undefined],
    [',Confidential,', undefined],
    ['Summe;;', undefined],
  ])('strips %j', async (tail, count) => {
    const feed = await readAll(
      csv('Employee ID,Status,Team', '1,Active,a', '2,Active,b', tail === '2 records' ? ',2 records,' : tail, ''),
    );
    expect(verdicts(feed.rows)).toEqual(['accepted', 'accepted']);
    expect(feed.end).toMatchObject({ read: 2, skipped: 2, completeness: [] });
    if (count !== undefined) expect(feed.end.trailer?.count).toBe(count);
  });

  it('is no tail where the only cell of a row is the id, also one that the mapping names', async () => {
    const file = csv('Badge,Full Name,Title', '1,Ann Lee,AE', '2,,');
    for (const profile of [{ columns: { Badge: 'personKey' } }, { mapping: { personKey: { column: 'Badge' } } }]) {
      const feed = await readAll(file, profile);
      expect(feed.rows.map(({ key }) => key)).toEqual(['1', '2']);
    }
  });

  it('is only the tail: the same line in the middle is a bad row', async () => {
    const feed = await readAll(csv('Employee ID,Status,Team', '1,Active,a', ',Subtotal,', '2,Active,b'));
    expect(verdicts(feed.rows)).toEqual(['accepted', 'rejected key_missing', 'accepted']);
  });

  it('is a reason to doubt when it counts more rows than there are', async () => {
    const feed = await readAll(csv('Employee ID,Status', '1,Active', 'Total,3'));
    expect(feed.end.completeness).toEqual([
      { code: 'trailer_count', message: 'The file says 3 rows and has 1.', certain: true },
    ]);
  });
});
