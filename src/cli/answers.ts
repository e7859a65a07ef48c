/** Answers of /api/v1, as far as the commands show them; openapi/bridge.json has them whole. */
export interface GateAnswer {
  readonly code: string;
  readonly limit: number;
  readonly value: number;
  readonly held: number;
  readonly how: string;
}

export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface RunAnswer {
  readonly id: string;
  readonly state: string;
  readonly stage: string;
  readonly speculative: boolean;
  readonly progress: { readonly done: number; readonly total: number };
  readonly situations: Readonly<Record<string, number>>;
  readonly population: number;
  readonly gates: readonly GateAnswer[];
  readonly plan: {
    readonly id: string;
    readonly hash: string;
    readonly state: string;
    readonly summary: string;
    readonly counts: Counts;
  } | null;
  readonly drift: { readonly calls: number; readonly minimum: number };
  readonly error: string | null;
}

export interface PlanAnswer {
  readonly id: string;
  readonly hash: string;
  readonly runId: string;
  readonly kind: string;
  readonly state: string;
  readonly summary: string;
  readonly counts: Counts;
  readonly gates: readonly GateAnswer[];
  readonly createdAt: string;
  readonly expiresAt: string;
}

interface Brief {
  readonly id: string;
  readonly name: string | null;
  readonly userName: string | null;
}

export interface ChangeAnswer {
  readonly id: string;
  readonly op: string;
  readonly state: string;
  readonly person: Brief | null;
  readonly target: { readonly accountId: string | null; readonly userName: string | null };
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly handover: { readonly to: string; readonly accounts: number; readonly contacts: number } | null;
  readonly reasons: readonly string[];
  readonly reversibility: string;
  readonly gates: readonly string[];
  readonly outcome: { readonly code: string; readonly detail: string } | null;
}

export interface EntryAnswer {
  readonly situation: string;
  readonly person: Brief | null;
  readonly account: { readonly id: string; readonly userName: string | null } | null;
  readonly disposition: string;
  readonly reasons: readonly string[];
}

export interface ImportAnswer {
  readonly id: string;
  readonly state: string;
  readonly preview: boolean;
  readonly feed: string;
  readonly mode: string;
  readonly detected: {
    readonly encoding: string;
    readonly delimiter: string;
    readonly quote: string | null;
    readonly headerLine: number;
    readonly preset: string;
    readonly confidence: number;
  };
  readonly columns: readonly {
    readonly header: string;
    readonly field: string | null;
    readonly why?: string;
    readonly confidence?: number;
    readonly filled?: number;
    readonly samples?: readonly string[];
  }[];
  readonly notes: readonly {
    readonly message: string;
    readonly places: readonly { readonly line: number; readonly header: string; readonly value: string }[];
  }[];
  readonly trailer: readonly { readonly line: number; readonly text: string }[];
  readonly proof: string | null;
  readonly rows: Readonly<Record<'read' | 'accepted' | 'warned' | 'quarantined' | 'rejected' | 'skipped', number>>;
  readonly changes: Readonly<Record<'joiners' | 'movers' | 'leavers' | 'vanished', number>>;
  readonly gates: readonly GateAnswer[];
}

export interface ImportRowAnswer {
  readonly record: number;
  readonly line: number;
  readonly outcome: string;
  readonly key: string | null;
  readonly problems: readonly {
    readonly code?: string;
    readonly header?: string;
    readonly message?: string;
    readonly suggestion?: string;
  }[];
}

export interface PersonAnswer extends Brief {
  readonly emails: readonly string[];
}

export interface ExplanationAnswer {
  readonly person: PersonAnswer;
  readonly runId: string | null;
  readonly situation: string | null;
  readonly steps: readonly { readonly step: string; readonly says: readonly string[] }[];
  readonly next: string;
}

export interface TokenAnswer {
  readonly id: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly subject: string;
  readonly name: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
  readonly pausedAt: string | null;
  readonly expiresInDays: number;
  readonly warning: string | null;
}

export interface DoctorAnswer {
  readonly ok: boolean;
  readonly demo: boolean;
  readonly capabilities: { readonly probedAt: string } | null;
  readonly checks: readonly {
    readonly code: string;
    readonly state: 'ok' | 'warn' | 'fail';
    readonly detail: string;
  }[];
}
