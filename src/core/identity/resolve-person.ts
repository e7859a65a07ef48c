/** A key by which records of different sources are recognised as one person. */
export interface RecordKey {
  readonly kind: 'employee' | 'email' | 'external' | 'user_name';
  /** Folded. */
  readonly value: string;
}

export interface KnownRecord {
  readonly id: string;
  /** `idp` or `hr:<feed>`. */
  readonly source: string;
  /** False for a deleted user and for a row that vanished from its feed. */
  readonly live: boolean;
  readonly keys: readonly RecordKey[];
}

export interface KnownPerson {
  readonly id: string;
  readonly records: readonly KnownRecord[];
  /** Something beside records hangs on this person: a link, a tombstone, a decision. It is never merged into another. */
  readonly settled: boolean;
}

export type MatchRule = 'returned' | 'employee' | 'external' | 'email';

export type Resolution =
  /** The record stays with the person that it belongs to. */
  | { readonly kind: 'keep'; readonly personId: string }
  /** A record that is new to the store belongs to a person that is not. */
  | { readonly kind: 'join'; readonly personId: string; readonly rule: MatchRule }
  /** Two persons turn out to be one: `from` has a single record and nothing else, and becomes part of `to`. */
  | { readonly kind: 'merge'; readonly from: string; readonly to: string; readonly rule: MatchRule }
  /** `contested`: somebody has an equal key, but not so that it proves one person; never merged silently. */
  | { readonly kind: 'new'; readonly contested: boolean };

/** Strongest first; the first kind that finds anybody decides, a weaker one never overrules it. */
const RULES = ['employee', 'external', 'email'] as const;

/**
 * Whose record is this? Its own person's; else, for one that came back, the person of the dead record with the same
 * userName or employee number; else the single person with an equal key of another source. Two live claims on one key
 * are never merged: the record gets a person of its own, and the key shows up as a duplicate.
 */
export function resolvePerson(input: {
  readonly source: string;
  readonly keys: readonly RecordKey[];
  /** The person that the record belongs to already. */
  readonly own?: KnownPerson;
  /** Every other person with a record that has one of `keys`. */
  readonly others: readonly KnownPerson[];
}): Resolution {
  const { source, keys, own, others } = input;
  const found = returned(source, keys, others) ?? match(source, keys, others);
  if (own === undefined) {
    if (found === null || found === 'contested') return { kind: 'new', contested: found === 'contested' };
    return { kind: 'join', personId: found.person.id, rule: found.rule };
  }
  if (found !== null && found !== 'contested') {
    const { person, rule } = found;
    if (isLone(own)) return { kind: 'merge', from: own.id, to: person.id, rule };
    const [only] = person.records;
    if (isLone(person) && only !== undefined && !hasLive(own, only.source)) {
      return { kind: 'merge', from: person.id, to: own.id, rule };
    }
  }
  return { kind: 'keep', personId: own.id };
}

interface Found {
  readonly person: KnownPerson;
  readonly rule: MatchRule;
}

function returned(source: string, keys: readonly RecordKey[], others: readonly KnownPerson[]): Found | null {
  const same = keys.filter(({ kind }) => kind === 'user_name' || kind === 'employee');
  const [person, second] = others.filter(
    (other) =>
      !hasLive(other, source) &&
      !contradicts(source, keys, other) &&
      other.records.some((record) => record.source === source && !record.live && shares(record, same)),
  );
  return person !== undefined && second === undefined ? { person, rule: 'returned' } : null;
}

function match(source: string, keys: readonly RecordKey[], others: readonly KnownPerson[]): Found | 'contested' | null {
  for (const rule of RULES) {
    const mine = keys.filter(({ kind }) => kind === rule);
    const holders = others.filter((other) =>
      other.records.some((record) => comparable(rule, source, record.source) && shares(record, mine)),
    );
    const rivals = others.filter((other) =>
      other.records.some((record) => record.source === source && record.live && shares(record, mine)),
    );
    const [person] = holders;
    if (person === undefined) {
      if (rivals.length > 0) return 'contested';
      continue;
    }
    const free = holders.length === 1 && rivals.length === 0 && !hasLive(person, source);
    return free && !contradicts(source, keys, person) ? { person, rule } : 'contested';
  }
  return null;
}

/** Two feeds number their people each in its own way: an employee number means the same only to a feed and the IdP. */
function comparable(rule: RecordKey['kind'], one: string, other: string): boolean {
  if (one === other) return false;
  return rule === 'email' || one === 'idp' || other === 'idp';
}

/** An equal address or name proves nothing where both sides name an employee number, and not the same one. */
function contradicts(source: string, keys: readonly RecordKey[], person: KnownPerson): boolean {
  const mine = keys.filter(({ kind }) => kind === 'employee');
  if (mine.length === 0) return false;
  const numbered = person.records.filter(
    (record) =>
      (record.source === source || (record.live && comparable('employee', source, record.source))) &&
      record.keys.some(({ kind }) => kind === 'employee'),
  );
  return numbered.length > 0 && !numbered.some((record) => shares(record, mine));
}

function shares(record: KnownRecord, keys: readonly RecordKey[]): boolean {
  return keys.some((key) => record.keys.some(({ kind, value }) => kind === key.kind && value === key.value));
}

function hasLive(person: KnownPerson, source: string): boolean {
  return person.records.some((record) => record.source === source && record.live);
}

function isLone(person: KnownPerson): boolean {
  return person.records.length === 1 && !person.settled;
}
