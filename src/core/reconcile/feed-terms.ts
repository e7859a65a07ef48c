/** Words that the policy of a feed and its reader share (docs/hr-feeds.md). */

/** What a column of an HR file can be mapped to. */
export const FEED_FIELDS = [
  'personKey',
  'employmentKey',
  'primary',
  'action',
  'status',
  'onLeave',
  'workerType',
  'start',
  'end',
  'rehire',
  'managerKey',
  'workEmail',
  'given',
  'family',
  'preferred',
  'display',
  'title',
  'department',
  'location',
  'company',
  'phone',
  'locale',
  'timeZone',
] as const;

/** How a mapping says that a column writes its dates (docs/hr-feeds.md). */
export const FEED_DATE_FORMATS = [
  'YYYY-MM-DD',
  'YYYYMMDD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
  'DD-MM-YYYY',
  'MM-DD-YYYY',
  'excel-1900',
  'excel-1904',
  'instant',
] as const;
