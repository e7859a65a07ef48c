/**
 * Something in Drift that is to be observed again: an event hinted at it, and nothing that the event said is believed.
 * `contact`: by id, e-mail or external id; `account`: a company; `agent`: by id or e-mail (Drift API notes 5).
 */
export interface Mark {
  readonly kind: 'contact' | 'account' | 'agent';
  readonly by: 'id' | 'email' | 'external_id';
  /** Ids as text, since they are 64-bit; e-mails folded. */
  readonly key: string;
}

export interface MarkStore {
  /**
   * One mark for each object, however often it is marked. A mark that is there takes a new `seq`: whoever is looking at
   * the object just now removes only the mark that it saw. Gives those that were not kept because there are too many.
   */
  add(marks: readonly Mark[], at: string): Promise<readonly Mark[]>;
  /** Those that wait longest first. */
  list(limit: number): Promise<readonly (Mark & { readonly seq: number })[]>;
  remove(seqs: readonly number[]): Promise<void>;
}
