import type { EventTables } from './event-tables.ts';
import type { OperationTables } from './operation-tables.ts';

/**
 * Tables as both databases hold them. The tenant stands first in every key and index; JSON, instants (UTC ISO, ms) and
 * 64-bit ids are text, flags are 0 or 1, so that one query reads alike on SQLite and PostgreSQL.
 */
interface Owned {
  tenant_id: string;
}

export interface Schema extends EventTables, OperationTables {
  store_meta: { key: string; value: string };
  /** The row is what a tenant's writers queue at where order matters; it carries the head of the audit chain. */
  tenant: {
    id: string;
    name: string;
    state: string;
    created_at: string;
    audit_seq: number;
    audit_hash: string;
  };
  setting: Owned & { name: string; value: string };
  secret: Owned & { name: string; ciphertext: string; key_id: string; updated_at: string };
  token: Owned & {
    id: string;
    audience: string;
    scopes: string;
    subject: string;
    name: string;
    hash: string;
    created_by: string;
    created_at: string;
    expires_at: string;
    revoked_at: string | null;
    last_used_at: string | null;
    paused_at: string | null;
  };
  scim_resource: Owned & {
    id: string;
    type: string;
    /** Folded userName; null for groups and never shared by two live users of a tenant. */
    user_key: string | null;
    /** Folded displayName. */
    display_key: string | null;
    external_id: string | null;
    active: number;
    version: number;
    /** The rendered document without members, groups, meta.location and the drift extension. */
    doc: string;
    created_at: string;
    modified_at: string;
    person_id: string | null;
    /** Keyed hash of the body that created it, for a retried POST. */
    create_hash: string;
  };
  scim_email: Owned & { resource_id: string; value_key: string };
  scim_member: Owned & { group_id: string; user_id: string; added_at: string };
  person: Owned & { id: string; created_at: string; merged_into: string | null };
  source_record: Owned & {
    id: string;
    /** `idp` or `hr:<feed>`. */
    source: string;
    record_key: string;
    person_id: string;
    state: string;
    since: string;
    data: string;
    row_hash: string;
    missing_files: number;
    missing_since: string | null;
    import_id: string | null;
    updated_at: string;
  };
  /** What a new record is matched by: kind `employee`, `email`, `external` or `user_name`. */
  person_key: Owned & { kind: string; value_key: string; person_id: string; record_id: string };
  link: Owned & {
    id: string;
    person_id: string;
    account_id: string;
    rule: string;
    confidence: number;
    evidence: string;
    pinned: number;
    decided_by: string;
    created_at: string;
    ended_at: string | null;
  };
  /** A person and an account that somebody said are not the same. */
  cannot_link: Owned & { person_id: string; account_id: string; decided_by: string; created_at: string };
  account: Owned & {
    id: string;
    rest_id: string | null;
    /** JSON of core Account. */
    observed: string;
    present: number;
    snapshot_id: string | null;
    first_seen: string;
    /** Start of the snapshot, or instant of the read, that `observed` and `present` come from. */
    last_seen: string;
    /** JSON AttributeValues that we wrote and read back; null = never. */
    baseline: string | null;
    baseline_at: string | null;
  };
  company: Owned & { id: string; owner_id: string | null; deleted: number; snapshot_id: string };
  contact: Owned & { id: string; owner_id: string | null; snapshot_id: string };
  snapshot: Owned & {
    id: string;
    started_at: string;
    ended_at: string | null;
    complete: number;
    accounts: number;
    companies: number;
    /** 0: the organisation showed none, and `companies` says nothing. */
    companies_listed: number;
    contacts: number | null;
    calls: number;
  };
  run: Owned & {
    id: string;
    state: string;
    stage: string;
    scope: string;
    speculative: number;
    refresh: number;
    progress_done: number;
    progress_total: number;
    snapshot_id: string | null;
    plan_id: string | null;
    situations: string;
    population: number;
    gates: string;
    calls: number;
    minimum_calls: number;
    error: string | null;
    requested_by: string;
    created_at: string;
    started_at: string | null;
    ended_at: string | null;
  };
  entry: Owned & {
    run_id: string;
    n: number;
    situation: string;
    person_id: string | null;
    account_id: string | null;
    disposition: string;
    /** Names of the attributes that are not in sync, each between spaces. */
    attributes: string;
    data: string;
    changes: string;
  };
  plan: Owned & {
    id: string;
    run_id: string;
    kind: string;
    hash: string;
    state: string;
    summary: string;
    /** The immutable document that the hash is of. */
    doc: string;
    gates: string;
    requested_by: string;
    created_at: string;
    expires_at: string;
  };
  approval: Owned & {
    id: string;
    plan_id: string;
    hash: string;
    subject: string;
    doc: string;
    created_at: string;
    expires_at: string;
    /** When the work that it approves began, before `expires_at`. */
    started_at: string | null;
  };
  change: Owned & {
    id: string;
    plan_id: string;
    seq: number;
    op: string;
    state: string;
    person_id: string | null;
    account_id: string | null;
    draft: string;
    gates: string;
    approval_id: string | null;
    /** Grows with each claim; a write that carries an older number is refused. */
    fence: number;
    lease_until: string | null;
    /** Set when all preconditions were re-read under this fence. */
    checked_fence: number | null;
    calls: number;
    outcome: string | null;
    updated_at: string;
  };
  attempt: Owned & {
    id: string;
    change_id: string;
    /** Distinguishes the many calls of one handover. */
    step: string;
    fence: number;
    intent_at: string;
    outcome: string | null;
    finished_at: string | null;
  };
  tombstone: Owned & {
    account_id: string;
    person_id: string | null;
    user_name_hash: string;
    change_id: string | null;
    at: string;
  };
  import: Owned & {
    id: string;
    feed: string;
    sha256: string;
    mode: string;
    state: string;
    shape: string;
    counts: string;
    changes: string;
    gates: string;
    missing: string;
    requested_by: string;
    created_at: string;
    accepted_at: string | null;
    release_reason: string | null;
  };
  import_row: Owned & {
    import_id: string;
    record: number;
    line: number;
    outcome: string;
    record_key: string | null;
    /** JSON HrRecord of a good row. */
    data: string | null;
    row_hash: string | null;
    /** Original cells of a row with problems, for the fix file. */
    raw: string | null;
    problems: string;
  };
  job: Owned & {
    id: string;
    kind: string;
    dedupe_key: string | null;
    payload: string;
    state: string;
    priority: number;
    run_at: string;
    attempts: number;
    lease_owner: string | null;
    lease_until: string | null;
    fence: number;
    error: string | null;
    created_at: string;
  };
  audit: Owned & {
    seq: number;
    at: string;
    actor: string;
    kind: string;
    subject: string;
    data: string;
    prev_hash: string;
    hash: string;
  };
  policy_version: Owned & { version: number; doc: string; created_at: string; created_by: string };
  scim_request: Owned & {
    at: string;
    request_id: string;
    /** -1: the request itself. */
    operation: number;
    token_id: string;
    method: string;
    path: string;
    status: number;
    code: string | null;
    before_hash: string | null;
    after_hash: string | null;
    person_id: string | null;
    resource_id: string | null;
    /** JSON array of attribute names. */
    changed: string | null;
    duration_us: number;
  };
}
