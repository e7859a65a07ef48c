import { parseArgs } from 'node:util';
import { type StoreKind, storeKinds } from '../support/bridge-process.ts';
import { type KillReport, killRound } from '../support/kill-round.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1000' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  process.stdout.write(
    'npm run campaign:kill -- [--rounds 20] [--seed 1000]\nKills the bridge with SIGKILL in the middle of apply, twice a round, on each database\n(PostgreSQL where TEST_DATABASE_URL is set), and counts what was lost or done twice.\n',
  );
  process.exit(0);
}

const good = (report: KillReport): boolean =>
  report.lost.length + report.twice.length + report.missing.length + report.stillOwned + report.deactivations === 0 &&
  report.deletes === 1 &&
  report.deleteCalls === 1 &&
  report.inTime === report.kills &&
  report.auditOk;

async function campaign(kind: StoreKind, rounds: number, from: number): Promise<number> {
  const totals = { kills: 0, lost: 0, twice: 0, missing: 0, bad: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const report = await killRound(kind, from + round);
    totals.kills += report.kills;
    totals.lost += report.lost.length;
    totals.twice += report.twice.length;
    totals.missing += report.missing.length;
    if (!good(report)) {
      totals.bad += 1;
      process.stdout.write(`BAD ${JSON.stringify(report)}\n`);
    }
    process.stdout.write(
      `${kind} ${String(round + 1)}/${String(rounds)} seed ${String(report.seed)} ${good(report) ? 'ok' : 'bad'}\n`,
    );
  }
  process.stdout.write(
    `${kind}: ${String(rounds)} rounds from seed ${String(from)}, ${String(totals.kills)} kills, ${String(totals.lost)} acknowledged writes lost, ${String(totals.twice)} accounts twice, ${String(totals.missing)} missing, ${String(totals.bad)} bad rounds\n`,
  );
  return totals.bad;
}

let bad = 0;
for (const kind of storeKinds()) bad += await campaign(kind, Number(values.rounds), Number(values.seed));
process.exitCode = bad === 0 ? 0 : 1;
