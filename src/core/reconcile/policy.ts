import type { FEED_DATE_FORMATS } from './feed-terms.ts';
import type { ChangeOp } from './plan.ts';

/** The policy document (docs/policy.md). Durations name their unit; percentages are of the population concerned. */
export interface Limit {
  /** Counts below or equal to this never trip the gate. */
  readonly absolute: number;
  /** Applies when the population is 100 or more; the larger of the two counts. */
  readonly percent: number;
}

export interface FeedPolicy {
  readonly mode: 'full' | 'upsert' | 'delta';
  /** Header as printed in the file -> canonical field. */
  readonly columns: Readonly<Record<string, string>>;
  readonly statusWords: Readonly<Record<string, 'pre' | 'active' | 'leave' | 'ended' | 'rescinded'>>;
  readonly staleAfterDays: number;
  /** What every full file has to bring as a proof that it is whole; absent = what the last accepted one brought. */
  readonly proof?: 'manifest' | 'trailer' | 'done';
  /** One ASCII character, and `"` or `'`; absent = detected. */
  readonly delimiter?: string;
  readonly quote?: '"' | "'";
  /** Absent = detected. */
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  /** Header -> order, for columns such as 03/04/2026 that no cell decides. */
  readonly dateOrder?: Readonly<Record<string, 'day_first' | 'month_first'>>;
  /** Text that went through a wrong encoding twice ("Ã©") is taken as it was meant ("é"). */
  readonly repairText?: boolean;
  /** Field -> where its value comes from and what is done to it, from a closed list; before `columns`. */
  readonly mapping?: Readonly<Record<string, FeedFieldRule>>;
}

/** A value of an HR row: a column by header (`Email[2]`: the second of equal ones) or place (`#3`), then transforms in order. */
export interface FeedFieldRule {
  readonly column?: string;
  readonly transforms?: readonly FeedTransform[];
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly blankMeans?: string;
  readonly sensitive?: boolean;
}

type FeedTransform =
  | { readonly op: 'trim' | 'lower' }
  | { readonly op: 'date'; readonly format: FeedDateFormat; readonly tz?: string }
  | { readonly op: 'map'; readonly words: Readonly<Record<string, string>>; readonly otherwise?: 'hold' | 'keep' }
  | { readonly op: 'split'; readonly by: string; readonly take: number }
  | { readonly op: 'pad'; readonly width: number }
  | { readonly op: 'domain_alias'; readonly domains: Readonly<Record<string, string>> }
  | { readonly op: 'const'; readonly value: string }
  | { readonly op: 'coalesce'; readonly columns: readonly string[] };

type FeedDateFormat = (typeof FEED_DATE_FORMATS)[number];

/**
 * How a connection of an identity provider means what two clients mean differently. A setting that is not there is the
 * usual reading, the first of its values; `patchAnswer` has none: users come back, groups do not.
 */
export interface ConnectionPolicy {
  readonly removeWithValue?: 'named' | 'all';
  readonly replaceMembers?: 'whole' | 'add';
  readonly replaceWithoutMatch?: 'create' | 'noTarget';
  readonly removeWithoutMatch?: 'noTarget' | 'ignore';
  readonly missingActive?: 'keep' | 'true';
  readonly unknownAttributes?: 'ignore' | 'refuse';
  readonly unknownPath?: 'invalidPath' | 'ignore';
  readonly patchAnswer?: 'resource' | 'none';
}

export interface Policy {
  readonly sources: {
    readonly feeds: Readonly<Record<string, FeedPolicy>>;
    /** By the subject that the credential stands for; documents from before there were settings have none. */
    readonly connections?: Readonly<Record<string, ConnectionPolicy>>;
    readonly companyTimeZone: string;
  };
  /** E-mail domains that the tenant has proven to own: only there an e-mail may link. */
  readonly verifiedDomains: readonly string[];
  /** Group display name -> Drift role (`ADMIN`, `MEMBER`, `role-ids=[N]`). OWNER is never written. */
  readonly roles: { readonly default: string; readonly groups: Readonly<Record<string, string>> };
  /** Drift account ids or userNames that nothing may touch, beside the OWNER and bots. */
  readonly protected: readonly string[];
  readonly matching: { readonly autoLink: number; readonly runnerUp: number; readonly review: number };
  readonly seat: { readonly joinerLeadDays: number };
  readonly leavers: {
    readonly endedDays: number;
    readonly vanishedFiles: number;
    readonly vanishedDays: number;
  };
  readonly gates: {
    readonly creates: Limit;
    readonly deprovisions: Limit;
    readonly deprovisions24h: Limit;
    readonly deprovisions7d: Limit;
    readonly deprovisionCap: number;
    readonly renames: Limit;
    readonly missingFromFeed: Limit;
    readonly massAttribute: Limit;
    readonly contactsTouched: Limit;
    readonly rowShrinkPercent: number;
    readonly rowGrowPercent: number;
    readonly badRowsPercent: number;
  };
  readonly approval: {
    readonly auto: readonly ChangeOp[];
    readonly secondSubject: { readonly deprovisionsOver: number };
    readonly expiresHours: number;
    readonly irreversibleExpiresHours: number;
  };
  readonly handover: {
    /** Drift account id, or userName, of the agent that receives what leavers own; none = leavers who own are held. */
    readonly to?: string;
    /** Per leaver (Drift account id or userName): a named successor. */
    readonly successors: Readonly<Record<string, string>>;
  };
  readonly ownership: { readonly contactAttribute?: string };
  /** How Drift is written to, where no harmless read can tell; what is not set is the usual reading. */
  readonly drift?: {
    /** `schemas` of SCIM users that are written: the RFC's URN, or that of Drift's own request sample. */
    readonly schemas?: 'rfc' | 'sample';
  };
  /** Documents from before there was one have none: `DEFAULT_POLICY.retention` then. */
  readonly retention?: { readonly scimRequestDays: number };
}

export const DEFAULT_POLICY: Policy = {
  sources: {
    feeds: { hr: { mode: 'full', columns: {}, statusWords: {}, staleAfterDays: 7 } },
    connections: {},
    companyTimeZone: 'UTC',
  },
  verifiedDomains: [],
  roles: { default: 'MEMBER', groups: {} },
  protected: [],
  matching: { autoLink: 0.95, runnerUp: 0.6, review: 0.5 },
  seat: { joinerLeadDays: 0 },
  leavers: { endedDays: 7, vanishedFiles: 3, vanishedDays: 3 },
  gates: {
    creates: { absolute: 10, percent: 10 },
    deprovisions: { absolute: 3, percent: 2 },
    deprovisions24h: { absolute: 3, percent: 4 },
    deprovisions7d: { absolute: 6, percent: 8 },
    deprovisionCap: 50,
    renames: { absolute: 3, percent: 2 },
    missingFromFeed: { absolute: 3, percent: 3 },
    massAttribute: { absolute: 20, percent: 20 },
    contactsTouched: { absolute: 5000, percent: 1 },
    rowShrinkPercent: 10,
    rowGrowPercent: 30,
    badRowsPercent: 5,
  },
  approval: {
    auto: ['link', 'create', 'update'],
    secondSubject: { deprovisionsOver: 10 },
    expiresHours: 24,
    irreversibleExpiresHours: 4,
  },
  handover: { successors: {} },
  ownership: {},
  retention: { scimRequestDays: 30 },
};

/** The larger of the absolute number and, from 100 on, the percentage of the population. */
export function limitFor(limit: Limit, population: number): number {
  return population >= 100 ? Math.max(limit.absolute, Math.floor((population * limit.percent) / 100)) : limit.absolute;
}
