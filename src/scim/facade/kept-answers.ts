import type { Reply } from './reply.ts';

/** Answers in all, over all tenants: some 10 MB of users. */
const MOST = 10_000;

export interface KeptAnswer {
  /** `ScimStore.stamp` when its making began: with any other it is out of date. */
  readonly stamp: number;
  readonly version: number;
  readonly reply: Reply;
}

export interface KeptAnswers {
  get(tenantId: string, id: string, stamp: number): KeptAnswer | undefined;
  put(tenantId: string, id: string, answer: KeptAnswer): void;
}

/**
 * Whole resources as they were last answered. IdPs read a resource before and after they change it, and often without
 * changing it: then nothing has to be looked up or rendered.
 */
export function createKeptAnswers(most = MOST): KeptAnswers {
  const tenants = new Map<string, Map<string, KeptAnswer>>();
  let count = 0;

  return {
    get(tenantId, id, stamp) {
      const kept = tenants.get(tenantId)?.get(id);
      return kept?.stamp === stamp ? kept : undefined;
    },
    put(tenantId, id, answer) {
      if (count >= most) {
        tenants.clear();
        count = 0;
      }
      const own = tenants.get(tenantId) ?? new Map<string, KeptAnswer>();
      tenants.set(tenantId, own);
      if (!own.has(id)) count += 1;
      own.set(id, answer);
    },
  };
}
