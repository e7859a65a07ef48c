import type { EmploymentStatus } from '../../core/identity/hr-record.ts';
import type { FeedField } from '../terms.ts';

/** How one HR system names its columns and words. Synonyms are tried in order; case, spaces and punctuation do not count. */
export interface Preset {
  readonly name: string;
  readonly synonyms: Readonly<Partial<Record<FeedField, readonly string[]>>>;
  /** Headers that hardly another system writes; they decide which preset it is. */
  readonly signature: readonly string[];
  /** Where the system has several person keys: key header -> headers of the manager's key of the same kind. */
  readonly managerFor?: Readonly<Record<string, readonly string[]>>;
  readonly statusWords?: Readonly<Record<string, EmploymentStatus>>;
}
