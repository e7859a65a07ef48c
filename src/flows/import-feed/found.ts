import { DomainError } from '../../core/errors.ts';
import type { ImportRecord } from '../import-port.ts';
import { memoryOf } from './file-memory.ts';
import type { Found } from './tally.ts';

/** The same bytes, as of a later time: the sender says that nothing changed since, and who is missing is missing again. */
export function saysItAgain(same: ImportRecord, { asOf }: Found): boolean {
  return asOf !== undefined && asOf > (memoryOf(same)?.asOf ?? same.createdAt);
}

/** Cut in its first lines, a file is no table of people: there is nothing in it to hold, and nothing to release. */
export function refuseBroken({ end, tally }: Found): void {
  const { accepted, warned, read } = tally.counts;
  const doubt = end.completeness.find(({ code, certain }) => certain || code === 'no_final_newline');
  if (accepted + warned > 0 || doubt === undefined) return;
  const message = `Found ${read === 0 ? 'a header line and no row' : 'no row that can be read'}: ${doubt.message} Expected a header line and whole rows of people under it.`;
  throw new DomainError('import.unreadable', message, { places: [{ path: 'body', code: doubt.code, message }] });
}
