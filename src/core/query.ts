/**
 * A SCIM filter as data (RFC 7644 3.4.2.2): what `scim/filter` parses, what storage compiles to SQL and what the
 * in-memory predicate reads. Attribute paths are canonical: schema URN (absent for core), attribute, sub-attribute.
 */
export interface AttributePath {
  readonly schema?: string;
  readonly attribute: string;
  readonly sub?: string;
}

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

export type FilterValue = string | number | boolean | null;

export type Filter =
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly op: Comparison; readonly value: FilterValue }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  /** `emails[type eq "work" and value co "x"]`: the inner filter holds for one and the same element. */
  | { readonly kind: 'element'; readonly path: AttributePath; readonly where: Filter };

/** Caps on what a client may send; each is tested at n-1, n and n+1. */
export const FILTER_LIMITS = { length: 8192, depth: 20, clauses: 50 } as const;

export interface Sort {
  readonly path: AttributePath;
  readonly descending: boolean;
}

/** One page by index (RFC 7644 3.4.2.4), 1-based; a count of 0 asks for the total only. */
export interface IndexPage {
  readonly startIndex: number;
  readonly count: number;
}

/**
 * Where a page ended: its last resource, and what that was sorted by then (null: it had no value), so that the next page
 * begins there whatever became of the resource. Without a key the place is where the resource now stands.
 */
export interface Position {
  readonly id: string;
  readonly key?: string | number | null;
}
