import type { Reply } from './reply.ts';

/** Answers in all, over all tenants: some 10 MB of users. And characters of them: groups may have many members. */
const MOST = 10_000;
const MOST_TEXT = 16_000_000;
/** Characters of one answer: with a larger one most of the others would have to go. */
const LARGEST = 1_000_000;

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
export function createKeptAnswers(most = MOST, mostText = MOST_TEXT): KeptAnswers {
  const tenants = new Map<string, Map<string, KeptAnswer>>();
  let count = 0;
  let text = 0;

  return {
    get(tenantId, id, stamp) {
      const kept = tenants.get(tenantId)?.get(id);
      return kept?.stamp === stamp ? kept : undefined;
    },
    put(tenantId, id, answer) {
      const length = sizeOf(answer);
      if (length > LARGEST) return;
      if (count >= most || text + length > mostText) {
        tenants.clear();
        count = 0;
        text = 0;
      }
      const own = tenants.get(tenantId) ?? new Map<string, KeptAnswer>();
      tenants.set(tenantId, own);
      const last = own.get(id);
      if (last === undefined) count += 1;
      else text -= sizeOf(last);
      text += length;
      own.set(id, answer);
    },
  };
}

function sizeOf({ reply }: KeptAnswer): number {
  return reply.text?.length ?? 0;
}
