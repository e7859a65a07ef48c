import type { Command } from 'commander';
import type { RunAnswer } from './answers.ts';
import { type Context, describe, printJson, several } from './context.ts';
import { CommandError, EXIT } from './failure.ts';
import { exitFor, renderRun } from './render-plan.ts';
import { progress } from './terminal.ts';

const RESTING: ReadonlySet<string> = new Set(['awaiting_approval', 'done', 'partial', 'failed', 'cancelled']);
/** Seconds that one request waits; the command asks again until its own time is up. */
const POLL_MS = 500;

interface Options {
  readonly speculative?: boolean;
  readonly refresh?: boolean;
  readonly people?: readonly string[];
  readonly wait: string | false;
  readonly json?: boolean;
}

export function addReconcile(program: Command, { terminal, client, paint, exit }: Context): void {
  describe(
    program.command('reconcile'),
    'Observe Drift, compare it with the sources, plan, and apply what policy approves by itself. Exits with 2 when changes wait for an approval, 3 when a gate holds some.',
    ['bridge reconcile', 'bridge reconcile --speculative --people per_0198c0de-7a2b-7000-8000-000000000001'],
  )
    .option('--speculative', 'plan and report, apply nothing')
    .option('--no-refresh', 'compare with the stored snapshot instead of observing Drift anew')
    .option('--people <id>', 'only this person (may be given several times)', several)
    .option('--wait <seconds>', 'wait so long for the run to rest', '600')
    .option('--no-wait', 'start it and go')
    .action(async (options: Options) => {
      const seconds = options.wait === false ? 0 : Number(options.wait);
      if (!Number.isInteger(seconds) || seconds < 0) throw new CommandError('--wait takes a number of seconds.');
      const bridge = client();
      let run = await bridge.call<RunAnswer>('POST', '/runs', {
        json: {
          scope: options.people === undefined ? 'all' : { people: options.people },
          speculative: options.speculative ?? false,
          refresh: options.refresh ?? true,
        },
      });
      const line = progress(terminal);
      const until = Date.now() + seconds * 1000;
      while (!RESTING.has(run.state) && Date.now() < until) {
        const { done, total } = run.progress;
        line.show(`${run.stage}${total > 0 ? ` ${String(done)} of ${String(total)}` : ''} …`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        run = await bridge.call<RunAnswer>('GET', `/runs/${run.id}`);
      }
      line.end();
      if (options.json === true) printJson(terminal, run);
      else terminal.out(renderRun(run, paint));
      if (!RESTING.has(run.state)) {
        if (options.wait !== false) throw new CommandError(`The run goes on (${run.stage}): bridge report ${run.id}`);
        return;
      }
      exit(run.state === 'failed' ? EXIT.error : exitFor(run.plan?.counts ?? {}));
    });
}
