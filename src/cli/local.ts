import { readFile, writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { documents } from '../compose/documents.ts';
import { describeConfig, loadConfig } from '../config.ts';
import { simulateCommand } from '../simulator/command.ts';
import { type OrgFile, OrgFileError, readOrgFile } from '../simulator/org-file.ts';
import { type SimulatorSettings, settingsPatchSchema } from '../simulator/settings.ts';
import { type Context, describe, printJson } from './context.ts';
import { CommandError, EXIT } from './failure.ts';
import { renderTable } from './render-table.ts';

interface SimulateOptions {
  readonly host?: string;
  readonly port?: number;
  readonly state?: string;
  readonly settings?: string;
  readonly agents: number;
  readonly contacts: number;
  readonly accounts: number;
  readonly seed: number;
  readonly org?: string;
  readonly empty?: boolean;
  readonly json?: boolean;
}

/** Commands that need no running bridge. */
export function addLocal(program: Command, { terminal, paint, exit }: Context): void {
  describe(program.command('config'), 'Print the settings, their values and what is wrong with them.', [
    'bridge config',
    'bridge config --policy > policy.json',
  ])
    .option('--policy', 'print the built-in policy document')
    .option('--policy-schema', 'print what may stand in a policy, and what each part means')
    .action((options: { policy?: boolean; policySchema?: boolean; json?: boolean }) => {
      if (options.policySchema === true || options.policy === true) {
        printJson(terminal, options.policy === true ? documents.policy() : documents.policySchema());
        return;
      }
      const settings = describeConfig(terminal.env);
      const result = loadConfig(terminal.env);
      const problems = result.ok ? [] : result.problems;
      if (options.json === true) {
        printJson(terminal, { settings, problems });
      } else {
        const rows = settings.map(({ variable, value, isSet, says }) => [
          variable,
          value,
          isSet ? 'set' : 'default',
          says,
        ]);
        const columns = ['Variable', 'Value', 'From', 'What it is'].map((title) => ({ title }));
        terminal.out(renderTable(columns, rows, paint));
        for (const { variable, problem } of problems) terminal.out(`${paint('red', variable)} ${problem}\n`);
        if (result.ok && result.config.demo)
          terminal.out('\nWithout Drift credentials, "bridge serve" starts the demo.\n');
      }
      exit(result.ok ? EXIT.fine : EXIT.error);
    });

  describe(program.command('openapi'), 'Print the OpenAPI description of /api/v1.', [
    'bridge openapi --out openapi/bridge.json',
  ])
    .option('--out <file>', 'where to write it; standard output unless given')
    .action(async (options: { out?: string }) => {
      const text = `${JSON.stringify(documents.openapi(), null, 2)}\n`;
      if (options.out === undefined) terminal.out(text);
      else await writeFile(options.out, text);
    });

  describe(program.command('simulate'), 'Run a stand-in for Drift, for tests and demonstrations.', [
    'bridge simulate --port 4010 --agents 40',
    'bridge simulate --port 4010 --seed 7 --agents 5000 --contacts 100000',
    'curl http://127.0.0.1:4010/__sim/org > org.json; bridge simulate --port 4011 --org org.json',
    'bridge simulate --settings \'{"scimPath":"/scim/v2","contactListing":"cursor"}\'',
  ])
    .option('--host <host>', 'address to listen on')
    .option('--port <number>', 'port to listen on, 0 for any that is free', portNumber)
    .option('--state <file>', 'SQLite file that keeps it; in memory unless given')
    .option('--settings <json>', 'how this Drift behaves')
    .option('--seed <number>', 'another number, other people, ids, tokens; the same number, the same', whole, 1)
    .addOption(
      new Option('--org <file>', 'JSON file with the organisation to begin with').conflicts([
        ...['agents', 'contacts', 'accounts', 'empty'],
      ]),
    )
    .option('--agents <number>', 'invented people with a seat', whole, 40)
    .option('--contacts <number>', 'invented contacts', whole, 2000)
    .option('--accounts <number>', 'invented companies', whole, 150)
    .option('--empty', 'begin without anybody')
    .action(async (options: SimulateOptions) => {
      const { host, port, state, settings, seed, org, agents, contacts, accounts, empty, json } = options;
      const drawn = { kind: 'drawn', agents, contacts, accounts } as const;
      const fill = org === undefined ? drawn : ({ kind: 'file', org: await organisation(org) } as const);
      await simulateCommand({
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
        ...(state === undefined ? {} : { state }),
        ...(settings === undefined ? {} : { settings: behaviour(settings) }),
        seed,
        json: json === true,
        ...(empty === true ? {} : { fill }),
        print: (line) => terminal.out(`${line}\n`),
      }).catch((error: unknown) => {
        const [, misfit] = /^seed: (.*)$/.exec(error instanceof RangeError ? error.message : '') ?? [];
        if (misfit !== undefined) throw new CommandError('--org: the organisation does not hold together:', [misfit]);
        const { syscall = '', message } = error as NodeJS.ErrnoException;
        if (/^(listen|bind|getaddrinfo)$/.test(syscall)) {
          throw new CommandError(`It cannot listen there: ${message}.`, ['--port 0 takes any port that is free.']);
        }
        throw error;
      });
    });
}

async function organisation(path: string): Promise<OrgFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`--org: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    return readOrgFile(text);
  } catch (error) {
    if (!(error instanceof OrgFileError)) throw error;
    throw new CommandError(`--org: ${path} does not describe an organisation:`, error.problems);
  }
}

function behaviour(text: string): Partial<SimulatorSettings> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new CommandError('--settings is not JSON.');
  }
  const result = settingsPatchSchema.safeParse(document);
  if (result.success) return result.data as Partial<SimulatorSettings>;
  throw new CommandError(
    '--settings is not what the simulator knows:',
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such setting`)
        : [`${issue.path.join('.') || '--settings'}: ${issue.message}`],
    ),
  );
}

function portNumber(text: string): number {
  const port = whole(text);
  if (port > 65_535) throw new InvalidArgumentError('It takes a port from 0 to 65535.');
  return port;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
}
