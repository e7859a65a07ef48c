import { z } from 'zod';

/** Text that people typed: trimmed, not empty, and storable on every database (no NUL, no half of a surrogate pair). */
export function printable(most: number): z.ZodType<string, string> {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds characters that are no text');
}
