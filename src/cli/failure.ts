/** What every command ends with. */
export const EXIT = { fine: 0, error: 1, planned: 2, held: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a sentence for people: no stack, nothing to guess. */
export class CommandError extends Error {
  /** Further lines: places that are wrong, what to do. */
  readonly more: readonly string[];

  constructor(message: string, more: readonly string[] = []) {
    super(message);
    this.name = 'CommandError';
    this.more = more;
  }
}
