import { createFilterFuzz, REAL_FILTERS } from '../support/filter-fuzz.ts';
import { runCampaign } from '../support/fuzz-campaign.ts';
import type { FilterInput } from '../support/hostile-filters.ts';

await runCampaign<FilterInput>({
  name: 'fuzz-filter',
  about:
    'Filters, valid, mutated and hostile, against the parser, the predicate and the SQL of both databases.\nOne in 50 runs on a real SQLite store, one in 500 goes through the facade by HTTP; all must agree.',
  inputs: 1_000_000,
  open: async (seed, alone) => {
    const fuzz = await createFilterFuzz(REAL_FILTERS, {
      seed,
      sqlEvery: alone ? 1 : 50,
      httpEvery: alone ? 1 : 500,
    });
    return { fuzz, close: () => fuzz.close(), figures: () => figures(fuzz.sampled) };
  },
});

function figures({
  sql,
  slowestSqlMs,
  http,
}: Awaited<ReturnType<typeof createFilterFuzz>>['sampled']): readonly string[] {
  const statuses = [...http].sort(([left], [right]) => left - right);
  return [
    `SQL executed ${sql}, slowest best ${slowestSqlMs.toFixed(2)} ms`,
    `HTTP answers: ${statuses.map(([status, count]) => `${status} ${count}`).join(', ')}`,
  ];
}
