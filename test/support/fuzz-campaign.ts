import { parseArgs } from 'node:util';
import { type Fuzz, figuresOf, replayFuzz, runFuzz } from './fuzz-run.ts';

interface Opened<I extends { readonly kind: string }> {
  readonly fuzz: Fuzz<I>;
  close(): Promise<void>;
  /** What was done beside, once it is done. */
  figures(): readonly string[];
}

/** A fuzz campaign as a command: progress, figures, and exit code 1 on any finding. */
export async function runCampaign<I extends { readonly kind: string }>(campaign: {
  readonly name: string;
  readonly about: string;
  readonly inputs: number;
  /** `alone`: for one input that is run again, with everything that is otherwise done to a sample. */
  open(seed: number, alone: boolean): Promise<Opened<I>>;
}): Promise<void> {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: String(campaign.inputs) },
      seed: { type: 'string', default: '1000' },
      from: { type: 'string', default: '0' },
      replay: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (values.help === true) {
    say(`npm run campaign:${campaign.name} -- [--inputs ${campaign.inputs}] [--seed 1000] [--from 0] [--replay JSON]`);
    say(campaign.about);
    say('--replay takes the input of a finding as it was printed; --from begins at that input of the seed.');
    return;
  }
  const [seed, inputs, first] = [Number(values.seed), Number(values.inputs), Number(values.from)];
  if (![seed, inputs, first].every((each) => Number.isSafeInteger(each) && each >= 0)) {
    say('--inputs, --seed and --from are whole numbers.');
    process.exitCode = 1;
    return;
  }
  const { replay } = values;
  const opened = await campaign.open(seed, replay !== undefined);
  const started = performance.now();
  const found = ({ problem, index, input }: { problem: string; index: number; input: unknown }): void => {
    say(`FOUND at input ${index}: ${problem}\n  --replay '${JSON.stringify(input).replaceAll("'", String.raw`'\''`)}'`);
  };
  const report =
    replay === undefined
      ? await runFuzz(opened.fuzz, {
          seed,
          inputs,
          first,
          found,
          progress: (done, findings) => {
            if (done % 50_000 !== 0) return;
            const seconds = (performance.now() - started) / 1000;
            say(`${done}/${inputs} in ${seconds.toFixed(0)} s, ${findings} findings`);
          },
        })
      : await replayFuzz(opened.fuzz, JSON.parse(replay) as I, found);
  for (const line of [`campaign:${campaign.name}`, ...figuresOf(report), ...opened.figures()]) say(line);
  await opened.close();
  process.exitCode = report.findings.length === 0 ? 0 : 1;
}
