import { z } from 'zod';

import { parseJson } from './json.ts';
import { orgFileSchema, type SeedData } from './seed-schema.ts';
import type { SimulatorSettings } from './settings.ts';

export interface OrgFile {
  readonly settings: Partial<SimulatorSettings>;
  readonly data: SeedData;
}

/** The text is no organisation; `problems` says each place and what is wrong there. */
export class OrgFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'OrgFileError';
    this.problems = problems;
  }
}

const MOST_PROBLEMS = 20;

/** Reads the JSON that `GET /__sim/org` gives, or that somebody wrote. Throws OrgFileError. */
export function readOrgFile(text: string): OrgFile {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (error) {
    throw new OrgFileError([`not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const read = orgFileSchema.safeParse(document);
  if (!read.success) {
    const problems = read.error.issues.map(
      ({ path, message }) => `${z.core.toDotPath(path) || 'the file'}: ${message}`,
    );
    const more = problems.length - MOST_PROBLEMS;
    throw new OrgFileError([...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])]);
  }
  const { settings = {}, ...data } = read.data;
  return { settings: settings as Partial<SimulatorSettings>, data };
}
