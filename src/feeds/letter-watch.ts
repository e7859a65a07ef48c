import { foreignLetters, mask } from './cell.ts';
import type { FeedNote, NotePlace } from './feed.ts';
import type { MappedColumn } from './header.ts';
import { isOpen } from './row-problem.ts';

/** Cells that a note shows. */
const MOST_PLACES = 5;

interface LetterCell {
  readonly record: number;
  readonly line: number;
  readonly index: number;
  readonly value: string;
  /** What the cell was before it went through a wrong encoding. */
  readonly meant?: string;
}

export interface LetterWatch {
  /** A cell with letters beyond ASCII. */
  see(cell: LetterCell): void;
  /** The first of them, for a person who has to check a guessed encoding. */
  places(): readonly NotePlace[];
  /** One note per column in which text went through a wrong encoding. */
  notes(): readonly FeedNote[];
}

/** Looks after the letters of a file, column by column, in bounded memory. */
export function createLetterWatch(columns: readonly MappedColumn[]): LetterWatch {
  const first: NotePlace[] = [];
  const seen = new Map<number, { letters: number; damaged: number; places: NotePlace[]; pairs: Set<string> }>();
  return {
    see({ record, line, index, value, meant }) {
      const header = columns[index]?.header ?? '';
      const shown = isOpen(columns[index]?.field ?? undefined)
        ? value.slice(0, 80)
        : `${mask(value)} (${foreignLetters(value)})`;
      if (first.length < MOST_PLACES) first.push({ record, line, header, value: shown });
      const column = seen.get(index) ?? { letters: 0, damaged: 0, places: [], pairs: new Set<string>() };
      seen.set(index, column);
      column.letters += 1;
      if (meant === undefined) return;
      column.damaged += 1;
      if (column.places.length < MOST_PLACES) {
        column.places.push({ record, line, header, value: shown });
        for (const letter of foreignLetters(meant).split(' ')) column.pairs.add(`${misread(letter)} = ${letter}`);
      }
    },
    places: () => first,
    notes: () =>
      [...seen].flatMap(([index, { letters, damaged, places, pairs }]) => {
        if (damaged === 0) return [];
        const header = columns[index]?.header ?? '';
        const message = `"${header}": ${damaged} of ${letters} cells with letters beyond ASCII went through a wrong encoding (${[...pairs].slice(0, MOST_PLACES).join(', ')}). Export the file again as UTF-8, or set repairText for the feed.`;
        return [{ code: 'mojibake', message, places } as const];
      }),
  };
}

const windows = new TextDecoder('windows-1252');
const misread = (letter: string): string => windows.decode(Buffer.from(letter));
