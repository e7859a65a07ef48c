import type { CsvRecord } from './read-csv.ts';

/** Rows at the tail that may be totals or signatures are held until something follows. */
const MOST_HELD = 5;

const TRAILER_WORDS =
  /^\s*(grand total|sub ?total|total|count|sum|summe|gesamt|anzahl|records?|rows?|number of|end of|report|run (by|on|date)|generated|printed|exported|created (by|on)|prepared by|signature|unterschrift|confidential|vertraulich|page \d+|seite \d+|trailer|trl|footer|eof|totals?|gesamtanzahl|anzahl mitarbeiter|total général|totale|totaal)(?![\p{L}\p{N}])/iu;

export interface Trailer {
  readonly lines: readonly { line: number; text: string }[];
  readonly count?: number;
}

export interface TrailerFilter {
  /** Records that are certainly rows now, in order. */
  accept(record: CsvRecord): readonly CsvRecord[];
  /** What is still held at the end of the file: its trailer. */
  end(): Trailer | undefined;
}

/** Strips totals, footnotes and "Report run by …" lines, at the tail only: the same row in the middle is a bad row. */
export function createTrailerFilter(keyIndex: number): TrailerFilter {
  let held: CsvRecord[] = [];
  return {
    accept(record) {
      if (!mayBeTrailer(record, keyIndex)) {
        const rows = [...held, record];
        held = [];
        return rows;
      }
      held.push(record);
      return held.length > MOST_HELD ? held.splice(0, 1) : [];
    },
    end() {
      if (held.length === 0) return undefined;
      const lines = held.map(({ line, cells }) => ({ line, text: filledCells(cells).join(' ').slice(0, 200) }));
      const count = held.map(({ cells }) => countIn(cells)).find((found) => found !== undefined);
      return { lines, ...(count === undefined ? {} : { count }) };
    },
  };
}

function mayBeTrailer({ cells, fault }: CsvRecord, keyIndex: number): boolean {
  if (fault !== undefined) return false;
  const filled = filledCells(cells);
  const lead = filled[0] ?? '';
  if (filled.length <= 3 && TRAILER_WORDS.test(lead)) return true;
  const key = cells[keyIndex]?.trim() ?? '';
  return key === '' && filled.length === 1;
}

const filledCells = (cells: readonly string[]): readonly string[] =>
  cells.map((cell) => cell.trim()).filter((cell) => cell !== '');

/** The number in "Total: 60", "Total,60", "60 records". Sums with decimals or thousands marks are no counts. */
function countIn(cells: readonly string[]): number | undefined {
  const text = filledCells(cells).join(' ');
  if (!/total|count|records?|rows?|employees|workers|number|anzahl|summe|gesamt/i.test(text)) return undefined;
  const numbers = text.match(/(?<![\d.,/:-])\d{1,7}(?![\d.,/:-])/g);
  return numbers?.length === 1 ? Number(numbers[0]) : undefined;
}
