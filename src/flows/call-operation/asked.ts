import { DomainError } from '../../core/errors.ts';
import type { OperationBatch, OperationOptions } from '../operation-port.ts';

export interface Asked {
  readonly tenantId: string;
  /** Token id. */
  readonly by: string;
  readonly operation: string;
  /** The operation changes something in Drift. */
  readonly writes: boolean;
  readonly key: string | null;
  readonly options: OperationOptions;
}

export function newBatch(asked: Asked, kind: OperationBatch['kind'], id: string, createdAt: string): OperationBatch {
  return {
    id,
    operation: asked.operation,
    kind,
    state: 'receiving',
    code: null,
    writes: isWriting(asked),
    ...asked.options,
    key: asked.key,
    lines: 0,
    released: 0,
    requestedBy: asked.by,
    createdAt,
    endedAt: null,
  };
}

const isWriting = ({ writes, options }: Asked): boolean => writes && !options.dryRun;

/** The known batch, where it was asked for in the same way. */
export function same(known: OperationBatch, asked: Asked, kind: OperationBatch['kind']): OperationBatch {
  const { options } = asked;
  const isSame =
    known.operation === asked.operation &&
    known.kind === kind &&
    // What was interrupted is asked again where the batch only reads: so all of its lines must.
    known.writes === isWriting(asked) &&
    known.dryRun === options.dryRun &&
    known.all === options.all &&
    known.respondTo === options.respondTo;
  if (isSame) return known;
  throw new DomainError(
    'conflict',
    'This Idempotency-Key was used for another operation or with other options; take a new one.',
  );
}

/** Of the same key something else is asked for now. */
export function saysOtherwise(line: number): DomainError {
  const place = {
    path: `line ${String(line)}`,
    code: 'conflict',
    message: 'says something else than what was taken before',
  };
  return new DomainError('conflict', `${place.path} ${place.message}.`, { places: [place] });
}
