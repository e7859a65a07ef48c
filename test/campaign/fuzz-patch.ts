import { runCampaign } from '../support/fuzz-campaign.ts';
import type { PatchInput } from '../support/hostile-patches.ts';
import { createPatchFuzz, REAL_PATCHES } from '../support/patch-fuzz.ts';

await runCampaign<PatchInput>({
  name: 'fuzz-patch',
  about:
    'PATCH bodies, valid, mutated and hostile, against the engine: nothing given is changed, what comes out is of the\nschema, and done again it is the same. One in 500 goes through the facade by HTTP.',
  inputs: 200_000,
  open: async (seed, alone) => {
    const fuzz = await createPatchFuzz(REAL_PATCHES, { seed, httpEvery: alone ? 1 : 500 });
    return { fuzz, close: () => fuzz.close(), figures: () => figures(fuzz.sampled) };
  },
});

function figures({ twice, http }: Awaited<ReturnType<typeof createPatchFuzz>>['sampled']): readonly string[] {
  const statuses = [...http].sort(([left], [right]) => left - right);
  return [
    `applied twice ${twice}`,
    `HTTP answers: ${statuses.map(([status, count]) => `${status} ${count}`).join(', ')}`,
  ];
}
