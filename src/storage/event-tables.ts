/** Tables of migration 0006, in the manner of `schema.ts`. */
export interface EventTables {
  drift_event: {
    tenant_id: string;
    id: string;
    content_hash: string;
    type: string;
    object: string | null;
    received_at: string;
    /** JSON EventHints; null once the event is settled. */
    hints: string | null;
    state: string;
    why: string | null;
    settled_at: string | null;
    repeats: number;
  };
  mark: { tenant_id: string; kind: string; key_by: string; key: string; seq: number; at: string };
  /** The last `seq` that a tenant's marks were given. */
  mark_counter: { tenant_id: string; seq: number };
}
