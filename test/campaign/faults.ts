import { parseArgs } from 'node:util';
import { type FaultReport, faultRound } from '../support/fault-round.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '5000' },
    parallel: { type: 'string', default: '4' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  process.stdout.write(
    'npm run campaign:faults -- [--faults 10000] [--seed 5000] [--parallel 4]\nLets about a third of all calls to Drift go wrong while people join, change and leave, until so many faults have struck,\nand counts what came out wrong: seats twice, wrong states, crashes, changes that never end.\n',
  );
  process.exit(0);
}

const found = ({ twice, wrong, crashes, undecided, forbidden }: FaultReport): readonly string[] => [
  ...twice.map((name) => `twice: ${name}`),
  ...[...wrong, ...forbidden],
  ...crashes.map((text) => `crash: ${text}`),
  ...undecided.map((text) => `undecided: ${text}`),
];

const wanted = Number(values.faults);
const totals: Record<string, number> = {};
let struck = 0;
let calls = 0;
let rounds = 0;
let findings = 0;
let next = Number(values.seed);

async function lane(): Promise<void> {
  while (struck < wanted) {
    const report = await faultRound(next++);
    rounds += 1;
    calls += report.calls;
    for (const [kind, count] of Object.entries(report.faults)) {
      totals[kind] = (totals[kind] ?? 0) + count;
      struck += count;
    }
    const bad = found(report);
    findings += bad.length;
    process.stdout.write(
      `seed ${String(report.seed)}: ${String(report.calls)} calls, ${String(report.runs)} runs, ${String(struck)} faults so far${bad.length === 0 ? '' : ` BAD ${bad.join('; ')}`}\n`,
    );
  }
}

await Promise.all(Array.from({ length: Number(values.parallel) }, lane));
process.stdout.write(
  `${String(struck)} faults in ${String(calls)} calls, ${String(rounds)} rounds from seed ${values.seed}: ${String(findings)} findings (seats twice, wrong states, forbidden removals, crashes, undecided changes)\n${Object.entries(
    totals,
  )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `  ${kind.padEnd(16)} ${String(count)}\n`)
    .join('')}`,
);
process.exitCode = findings === 0 ? 0 : 1;
