import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { pacing } from './pacing.ts';
import { hrToPlan, scimmy } from './peers.ts';
import { cursorPages, filter, readOne } from './reads.ts';
import type { Sample, Section, World } from './section.ts';
import { createLab } from './servers.ts';
import { errorsIn, figuresOf, judged, printSection } from './table.ts';
import { bulk, create, members } from './writes.ts';

const SECTIONS: Readonly<Record<string, (world: World) => Promise<Section>>> = {
  get: readOne,
  filter,
  cursor: cursorPages,
  post: create,
  members,
  bulk,
  scimmy,
  hr: () => hrToPlan(Number(values.people)),
  pacing,
};

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(SECTIONS).join(',') },
    users: { type: 'string', default: '200000' },
    people: { type: 'string', default: '5000' },
    connections: { type: 'string', default: '20' },
    soft: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(
    `npm run bench -- [options]
The bridge on SQLite beside what it is measured against, all in one run: every cell once a round, medians over the rounds.

  --seconds N      of each cell in each round (1)
  --rounds N       rounds (5)
  --only a,b       of ${Object.keys(SECTIONS).join(', ')}
  --users N        in the large store (200000)
  --people N       in the HR file (5000)
  --connections N  of the load generator (20)
  --soft           bars that are missed do not make the exit code 1
  --json FILE      all figures of all rounds, too
`,
  );
  process.exit(0);
}

const misnamed = values.only.split(',').filter((name) => SECTIONS[name] === undefined);
const amounts = [values.seconds, values.rounds, values.users, values.people, values.connections].map(Number);
if (misnamed.length > 0 || !amounts.every((amount) => amount > 0)) {
  process.stderr.write('--only takes names, and the other options numbers above 0: see --help\n');
  process.exit(2);
}

const print = (line = ''): void => void process.stdout.write(`${line}\n`);
const begin = performance.now();
const say = (text: string): void => {
  const seconds = ((performance.now() - begin) / 1000).toFixed(0).padStart(4);
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${seconds} s  ${text}` : `${seconds} s  ${text}\n`);
};

const rounds = Number(values.rounds);
const names = values.only.split(',');
const machine = {
  node: process.version,
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  stores: tmpdir(),
  load: loads(),
};
const lab = createLab(say);
process.once('SIGINT', () => void lab.close().then(() => process.exit(130)));

try {
  const started = new Map<string, Promise<unknown>>();
  const world: World = {
    lab,
    milliseconds: Number(values.seconds) * 1000,
    connections: Number(values.connections),
    largeUsers: Number(values.users),
    once: <T>(name: string, make: () => Promise<T>) => {
      const known = (started.get(name) as Promise<T> | undefined) ?? make();
      started.set(name, known);
      return known;
    },
  };
  const sections: Section[] = [];
  for (const name of names) {
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`--only: there is no "${name}"; see --help`);
    sections.push(await section(world));
  }
  const cells = sections.flatMap((section) => section.cells.map((cell) => ({ section, cell })));
  for (const [at, { cell }] of cells.entries()) {
    say(`warming up ${String(at + 1)} of ${String(cells.length)}`);
    await cell.warm();
  }
  const before = { own: lab.cpuSeconds(), all: busySeconds() };
  const samples = new Map<Section, Sample[]>(sections.map((section) => [section, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { section, cell }] of cells.entries()) {
      say(
        `round ${String(round + 1)} of ${String(rounds)}, cell ${String(at + 1)} of ${String(cells.length)}: ${section.title}`,
      );
      samples.get(section)?.push(await cell.run(round));
    }
  }
  const strangers = 1 - (lab.cpuSeconds() - before.own) / (busySeconds() - before.all);
  say('done');
  if (process.stderr.isTTY) process.stderr.write('\n');
  report(sections, samples, strangers);
} finally {
  await lab.close();
}

/** Processor time that the whole machine has used, in seconds. */
function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}

function loads(): readonly number[] {
  return loadavg().map((value) => Number(value.toFixed(1)));
}

function report(
  sections: readonly Section[],
  samples: ReadonlyMap<Section, readonly Sample[]>,
  strangers: number,
): void {
  const { node, cores, processor, memoryGB, platform, stores, load } = machine;
  print(
    `Node ${node}, ${platform}, ${String(cores)} cores (${processor}), ${String(memoryGB)} GB, SQLite in ${stores}, load ${load.join(' ')} before and ${loads().join(' ')} after`,
  );
  print(
    `${String(rounds)} rounds of ${values.seconds} s a cell, interleaved; ${values.connections} connections, one request under way on each; generator in one process, each server in its own`,
  );
  print(
    `of the processor time used while measuring, about ${(100 * Math.max(0, strangers)).toFixed(0)} % was other programs': the more, the less the figures say (the system counts in ticks: some per cent either way)`,
  );
  let failed = 0;
  const told = sections.map((section) => {
    const figures = figuresOf(samples.get(section) ?? []);
    printSection(section, figures, print);
    const verdicts = section.verdicts.map((verdict) => judged(verdict, figures));
    failed += verdicts.filter(({ verdict }) => verdict === 'FAIL').length + Number(errorsIn(figures) > 0);
    return { title: section.title, notes: section.notes, figures: Object.fromEntries(figures), verdicts };
  });
  print();
  print(
    `${failed === 0 ? 'All bars are met' : `${String(failed)} FAILED`}; ${((performance.now() - begin) / 1000).toFixed(0)} s in all.`,
  );
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine, options: values, strangers, sections: told, failed }, null, 2)}\n`,
    );
  }
  if (failed > 0 && !values.soft) process.exitCode = 1;
}
