/** Why a file may not be whole: what the reader found in it, and what it lacks of the file before. */
export interface DoubtFacts {
  /** `certain`: part of the file is missing or unreadable; else whole files look like this too. */
  readonly found: readonly { readonly code: string; readonly message: string; readonly certain: boolean }[];
  readonly proof: 'manifest' | 'trailer' | 'done' | 'signs';
  /** By policy every file of the feed comes with a manifest. */
  readonly manifestRequired: boolean;
  /** What the last accepted file was like. */
  readonly before?: {
    readonly proof: 'manifest' | 'trailer' | 'done' | 'signs';
    readonly finalNewline: boolean;
    readonly tail: readonly string[];
  };
  /** Keys of the people that the file lacks. */
  readonly missing: readonly string[];
  /** Complete files without a person after which the person has left. */
  readonly vanishedFiles: number;
}

/** So many of the last people of the file before have to be missing before the end may be cut off. */
const TAIL_KEYS = 3;

/** A small file may lose so many people before its size says anything: three of ten are many percent. */
const SMALL_FREE = 3;

/** Of the columns, not of the end of the file: `column_fingerprint` says it. */
const OF_COLUMNS: readonly string[] = ['delimiter_changed', 'columns_lost'];

/**
 * The doubts that count, as sentences. A proof outweighs mere signs; without one, a sign counts where somebody is
 * missing: a file that lacks nobody takes nobody away.
 */
export function doubtsOf(facts: DoubtFacts): readonly string[] {
  const { found, proof, manifestRequired, before, missing } = facts;
  const lacking = missing.length > 0 && proof === 'signs';
  // The reader cannot know it: the files of this feed do end with a line end.
  const cut = before?.finalNewline === true;
  const doubts = found
    .filter(({ code }) => !OF_COLUMNS.includes(code))
    .filter(({ code }) => code !== 'file_small' || missing.length > SMALL_FREE)
    .filter(({ code, certain }) => certain || lacking || (cut && code === 'no_final_newline'))
    .map(({ message }) => message);
  if (proof !== 'manifest' && (manifestRequired || (lacking && before?.proof === 'manifest'))) {
    doubts.push('The files of this feed come with a manifest (rows, sha256), and none that holds came with this one.');
  }
  if (lacking && tailIsMissing(facts)) {
    doubts.push('The people at the end of the file before are missing, and nothing proves that this one is not cut.');
  }
  return doubts;
}

/** What says that the columns changed, as sentences. */
export function columnDoubts(found: DoubtFacts['found']): readonly string[] {
  return found.filter(({ code }) => OF_COLUMNS.includes(code)).map(({ message }) => message);
}

/** Cut at the end of a row, a file looks whole: the last rows are gone. One is enough where one file is. */
function tailIsMissing({ before, missing, vanishedFiles }: DoubtFacts): boolean {
  const [last] = before?.tail ?? [];
  if (last === undefined) return false;
  const gone = new Set(missing);
  const enough = vanishedFiles < 2 ? 1 : TAIL_KEYS;
  const tail = before?.tail.slice(0, enough) ?? [];
  return tail.length === enough && tail.every((key) => gone.has(key));
}
