import { parseArgs } from 'node:util';

import { fuzzedFile, runFeedFuzz, SLOW_MS } from '../support/feed-fuzz.ts';

/** Files of the corpus, mutated: nothing may crash, hang, or be refused or doubted without a reason in words. */
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    print: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const [seed, files, first] = [Number(values.seed), Number(values.files), Number(values.from)];

if (values.help === true) {
  say('npm run campaign:fuzz-feeds -- [--files 100000] [--seed 1000] [--from 0] [--print INDEX]');
  say('Fuzzed HR files against the reader. --print writes the bytes of one file of the seed, --from begins at one.');
} else if (![seed, files, first].every((each) => Number.isSafeInteger(each) && each >= 0)) {
  say('--files, --seed and --from are whole numbers.');
  process.exitCode = 1;
} else if (values.print !== undefined) {
  const file = fuzzedFile(seed, Number(values.print));
  process.stderr.write(`${file.base}, chunks of ${String(file.chunk)} bytes, told ${JSON.stringify(file.profile)}\n`);
  process.stdout.write(file.bytes);
} else {
  const started = performance.now();
  const report = await runFeedFuzz({
    seed,
    files,
    first,
    progress: (done, findings) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      say(`${String(done)}/${String(files)} in ${seconds} s, ${String(findings)} findings`);
    },
  });
  const counts = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .sort(([, left], [, right]) => right - left)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ');
  say(`campaign:fuzz-feeds, files ${String(report.files)}, seed ${String(seed)}, ${report.seconds.toFixed(1)} s`);
  say(`verdicts: ${counts(report.verdicts)}`);
  say(`rows ${String(report.rows)}: ${counts(report.outcomes)}`);
  say(`problems: ${counts(report.problems)}`);
  say(
    `slowest ${report.slowest.ms.toFixed(1)} ms of processor time (file ${String(report.slowest.index)}); ${String(SLOW_MS)} ms is the most`,
  );
  for (const { index, base, problem } of report.findings) {
    say(`FOUND at file ${String(index)} (from ${base}): ${problem}\n  --print ${String(index)} --seed ${String(seed)}`);
  }
  say(`findings: ${String(report.findings.length)}`);
  process.exitCode = report.findings.length === 0 ? 0 : 1;
}
