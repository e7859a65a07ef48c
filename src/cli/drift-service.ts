import type { Command } from 'commander';
import type { Client, Json } from './client.ts';
import { type Context, describe, group, printJson } from './context.ts';
import { CommandError } from './failure.ts';
import { renderTable } from './render-table.ts';

interface Webhook {
  readonly url: string;
  readonly tokens: number;
  readonly lastReceivedAt: string | null;
  readonly events: Readonly<Record<'pending' | 'done' | 'ignored', number>>;
}

interface Event {
  readonly receivedAt: string;
  readonly type: string;
  readonly object: string | null;
  readonly state: string;
  readonly why: string | null;
  readonly repeats: number;
}

interface Tenant {
  readonly id: string;
  readonly state: string;
}

interface Verified {
  readonly kind: string;
  readonly organisation: string | null;
  readonly scopes: readonly string[];
}

const GROUP = 'The connection to Drift:';

/** What an operator does about Drift that is no call of an operation: webhooks, events, credentials. */
export function addDriftService(drift: Command, { terminal, client, paint }: Context): void {
  describe(drift.command('webhook'), 'Where Drift is to send its events, and whether they arrive.', [
    'bridge drift webhook',
  ])
    .helpGroup(GROUP)
    .action(async (options: { json?: boolean }) => {
      const webhook = await client().call<Webhook>('GET', '/drift/webhook');
      if (options.json === true) {
        printJson(terminal, webhook);
        return;
      }
      const { url, tokens, lastReceivedAt, events } = webhook;
      terminal.out(`Request URL   ${url}\n`);
      terminal.out(
        `Tokens        ${tokens === 0 ? 'none: set DRIFT_WEBHOOK_TOKENS, until then nothing is taken' : String(tokens)}\n`,
      );
      terminal.out(`Last event    ${lastReceivedAt ?? 'none came yet'}\n`);
      terminal.out(
        `Events        ${String(events.pending)} pending, ${String(events.done)} done, ${String(events.ignored)} ignored\n`,
      );
    });

  describe(drift.command('events'), 'The events that Drift sent in the last 7 days, newest first.', [
    'bridge drift events --state pending',
    'bridge drift events --type app_disconnected --limit 5',
  ])
    .helpGroup(GROUP)
    .option('--type <type>', 'only of this type, as Drift names it')
    .option('--state <state>', 'pending, done or ignored')
    .option('--limit <number>', 'so many at the most', '50')
    .action(async (options: { type?: string; state?: string; limit: string; json?: boolean }) => {
      const most = numberFrom(options.limit);
      const query = { type: options.type, state: options.state };
      const events = await client().all<Event>('/drift/events', query, most);
      if (options.json === true) {
        printJson(terminal, events);
        return;
      }
      const columns = ['Received', 'Type', 'Object', 'State', 'Again'].map((title) => ({ title }));
      const rows = events.map(({ receivedAt, type, object, state, why, repeats }) => [
        ...[receivedAt, type, object, why === null ? state : `${state} (${why})`],
        repeats,
      ]);
      terminal.out(rows.length === 0 ? 'No event.\n' : renderTable(columns, rows, paint));
    });

  describe(
    drift.command('credentials'),
    'Give other Drift credentials; Drift is asked first. Secrets are typed, or a line each of standard input.',
    ['bridge drift credentials < token.txt', 'bridge drift credentials --client-id 0123456789 --scim-token'],
  )
    .helpGroup(GROUP)
    .option('--client-id <id>', 'of an OAuth client: then its secret and a refresh token are asked for')
    .option('--scim-token', 'ask for a token of its own for SCIM, too')
    .action(async (options: { clientId?: string; scimToken?: boolean; json?: boolean }) => {
      const { clientId, scimToken } = options;
      const names = [
        ...(clientId === undefined ? ['token'] : ['clientSecret', 'refreshToken']),
        ...(scimToken === true ? ['scimToken'] : []),
      ];
      const bridge = client();
      const { id } = await ownTenant(bridge);
      const given = (await terminal.secrets?.(names.map((name) => QUESTIONS[name] ?? name))) ?? [];
      const secrets = names.map((name, at) => [name, given[at]?.trim() ?? ''] as const);
      const missing = secrets.filter(([, secret]) => secret === '').map(([name]) => QUESTIONS[name] ?? name);
      if (missing.length > 0) {
        throw new CommandError(`No ${missing.join(', no ')} was given; nothing was done.`, [
          'Type it when asked, or put one a line into standard input.',
        ]);
      }
      const verified = await bridge.call<Verified>('PUT', `/tenants/${encodeURIComponent(id)}/drift`, {
        json: { ...Object.fromEntries(secrets), ...(clientId === undefined ? {} : { clientId }) },
      });
      if (options.json === true) printJson(terminal, verified);
      else terminal.out(`Drift takes them: ${verified.kind}, organisation ${verified.organisation ?? 'not named'}.\n`);
    });
}

/** `bridge tenant`: the whole tenant, not one token. */
export function addTenant(program: Command, { terminal, client }: Context): void {
  const tenant = group(program.command('tenant'), 'Pause and resume everything that the bridge does', [
    'bridge tenant pause',
  ]);
  for (const [verb, about, said] of [
    ['pause', 'Refuse its tokens, and let its jobs wait; administrators still get in.', 'its jobs wait'],
    ['resume', 'Take requests and jobs again.', 'it goes on'],
  ] as const) {
    describe(tenant.command(verb), about, [`bridge tenant ${verb}`]).action(async (options: { json?: boolean }) => {
      const bridge = client();
      const { id } = await ownTenant(bridge);
      const now = await bridge.call<Tenant & Json>('POST', `/tenants/${encodeURIComponent(id)}/${verb}`);
      if (options.json === true) printJson(terminal, now);
      else terminal.out(`Tenant ${now.id} is ${now.state}: ${said}.\n`);
    });
  }
}

const QUESTIONS: Readonly<Record<string, string>> = {
  token: 'token of the private app',
  clientSecret: 'client secret',
  refreshToken: 'refresh token',
  scimToken: 'token for SCIM',
};

/** The tenant of the token: there is no other for it. */
async function ownTenant(bridge: Client): Promise<Tenant> {
  const { items } = await bridge.call<{ readonly items: readonly Tenant[] }>('GET', '/tenants');
  const [tenant] = items;
  if (tenant === undefined) throw new CommandError('The token is of no tenant.');
  return tenant;
}

function numberFrom(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new CommandError('--limit takes a number from 1 on.');
  return number;
}
