import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { API_SCOPES, ROTATION_OVERLAP, SCIM_SCOPES, TOKEN_DAYS } from '../auth/scopes.ts';
import type { DoctorAnswer, TokenAnswer } from './answers.ts';
import type { Json } from './client.ts';
import { type Context, describe, group, printJson, several } from './context.ts';
import { CommandError, EXIT } from './failure.ts';
import { renderTable } from './render-table.ts';

type NewToken = TokenAnswer & { readonly token: string };

interface CreateOptions {
  readonly audience: string;
  readonly scope?: readonly string[];
  readonly subject: string;
  readonly name?: string;
  readonly days: string;
  readonly json?: boolean;
}

export function addToken(program: Command, { terminal, client, paint }: Context): void {
  const token = group(program.command('token'), 'Make, rotate, pause, revoke and list tokens', ['bridge token list']);

  describe(token.command('create'), 'Make a token. Its text is shown once.', [
    'bridge token create --subject robin --scope read --scope approve',
    'bridge token create --audience scim --subject okta --days 365',
  ])
    .requiredOption('--subject <name>', 'the person or system that it stands for: two-person rules count subjects')
    .option('--audience <audience>', 'api or scim', 'api')
    .option('--scope <scope>', `${[...API_SCOPES, ...SCIM_SCOPES].join(', ')} (several times)`, several)
    .option('--name <name>', 'what people call it')
    .option('--days <number>', `how long it lasts, ${String(TOKEN_DAYS.most)} at the most`, String(TOKEN_DAYS.standard))
    .action(async ({ audience, scope, subject, name, days, json }: CreateOptions) => {
      const scopes = scope ?? (audience === 'scim' ? SCIM_SCOPES : ['read']);
      const made = await client().call<NewToken>('POST', '/tokens', {
        json: { audience, scopes, subject, ...(name === undefined ? {} : { name }), expiresInDays: Number(days) },
      });
      if (json === true) printJson(terminal, made);
      else terminal.out(shownOnce(made));
    });

  describe(token.command('rotate <id>'), 'Make a token like this one; the old one goes on for the overlap.', [
    'bridge token rotate 4fZx01AbCdEf --overlap 3600',
  ])
    .option('--overlap <seconds>', 'how long the old one goes on, 0 to 86400', String(ROTATION_OVERLAP.standard))
    .action(async (id: string, options: { overlap: string; json?: boolean }) => {
      const made = await client().call<NewToken>('POST', `/tokens/${encodeURIComponent(id)}/rotate`, {
        json: { overlapSeconds: Number(options.overlap) },
      });
      if (options.json === true) printJson(terminal, made);
      else terminal.out(shownOnce(made));
    });

  describe(token.command('revoke <id>'), 'End a token at once, in every process.', [
    'bridge token revoke 4fZx01AbCdEf',
  ]).action(async (id: string, options: { json?: boolean }) => {
    await client().call('DELETE', `/tokens/${encodeURIComponent(id)}`);
    if (options.json === true) printJson(terminal, { id, revoked: true });
    else terminal.out(`Token ${id} is revoked.\n`);
  });

  for (const [verb, done, says] of [
    ['pause', 'paused', 'Refuse a token at once, in every process, until it is resumed.'],
    ['resume', 'taken again', 'Take a paused token again.'],
  ] as const) {
    describe(token.command(`${verb} <id>`), says, [`bridge token ${verb} 4fZx01AbCdEf`]).action(
      async (id: string, options: { json?: boolean }) => {
        const answer = await client().call<TokenAnswer>('POST', `/tokens/${encodeURIComponent(id)}/${verb}`);
        if (options.json === true) printJson(terminal, answer);
        else terminal.out(`Token ${id} is ${done}.\n`);
      },
    );
  }

  describe(token.command('list'), 'List tokens, without their texts.', ['bridge token list']).action(
    async (options: { json?: boolean }) => {
      const tokens = await client().all<TokenAnswer>('/tokens');
      if (options.json === true) {
        printJson(terminal, tokens);
        return;
      }
      const columns = ['Id', 'Audience', 'Subject', 'Scopes', 'Ends', 'Last used', 'State'].map((title) => ({ title }));
      const rows = tokens.map((one) => [
        ...[one.id, one.audience, one.subject, one.scopes.join(' '), one.expiresAt.slice(0, 10)],
        ...[one.lastUsedAt?.slice(0, 16) ?? null, stateOf(one)],
      ]);
      terminal.out(renderTable(columns, rows, paint));
    },
  );
}

function stateOf({ revokedAt, pausedAt, expiresInDays, warning }: TokenAnswer): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresInDays < 0) return 'expired';
  const state = pausedAt === null ? 'live' : 'paused';
  return warning === null ? state : `${state}, ${warning.replaceAll('_', ' ')}`;
}

function shownOnce({ token, id, subject, scopes, expiresAt }: NewToken): string {
  return `${token}\n\nThis is shown once. Token ${id} of ${subject}: ${scopes.join(', ')}, until ${expiresAt.slice(0, 10)}.\n`;
}

export function addAdministration(program: Command, { terminal, client, paint, exit }: Context): void {
  describe(program.command('doctor'), 'Say what an operator should know. Exits with 1 when something failed.', [
    'bridge doctor',
    'bridge doctor --probe',
  ])
    .option('--probe', 'first measure anew what Drift can do, with harmless reads only')
    .action(async (options: { json?: boolean; probe?: boolean }) => {
      const asked = new Date().toISOString();
      const answer =
        options.probe === true
          ? await client().call<DoctorAnswer>('POST', '/doctor/probe?wait=60')
          : await client().call<DoctorAnswer>('GET', '/doctor');
      if (options.json === true) {
        printJson(terminal, answer);
      } else {
        const style = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
        const lines = answer.checks.map(
          ({ code, state, detail }) => `  ${paint(style[state], state.padEnd(5))} ${code.padEnd(20)} ${detail}\n`,
        );
        const demo = answer.demo ? 'Demo: the Drift behind this bridge is the built-in simulator.\n' : '';
        const at = answer.capabilities?.probedAt;
        const probed = at === undefined ? '' : `\nDrift was probed at ${at}.\n`;
        terminal.out(`${demo}${lines.join('')}${probed}`);
        if (options.probe === true && (at ?? '') < asked)
          terminal.out('The probe is not done yet; it takes a running worker. Ask again with "bridge doctor".\n');
      }
      exit(answer.ok ? EXIT.fine : EXIT.error);
    });

  const audit = group(program.command('audit'), 'The audit log: a hash chain of ids and codes', [
    'bridge audit verify',
  ]);

  describe(audit.command('verify'), 'Recompute the chain. Exits with 1 when an entry is missing or changed.', [
    'bridge audit verify',
  ]).action(async (options: { json?: boolean }) => {
    const verdict = await client().call<Json & { readonly ok: boolean }>('GET', '/audit/verify');
    if (options.json === true) printJson(terminal, verdict);
    else if (verdict.ok)
      terminal.out(`In order: ${String(verdict['entries'])} entries, head ${String(verdict['head'])}\n`);
    else terminal.out(`${paint('red', 'Broken')} at entry ${String(verdict['brokenAt'])}\n`);
    exit(verdict.ok ? EXIT.fine : EXIT.error);
  });

  describe(audit.command('export'), 'Write the whole log, one JSON entry a line, or as CSV.', [
    'bridge audit export --out audit.ndjson',
  ])
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .option('--out <file>', 'where to write it; standard output unless given')
    .action(async (options: { format: string; out?: string }) => {
      const accept = { ndjson: 'application/x-ndjson', csv: 'text/csv' }[options.format];
      if (accept === undefined) throw new CommandError('--format takes ndjson or csv.');
      const text = await client().text('GET', '/audit', { headers: { accept } });
      if (options.out === undefined) terminal.out(text);
      else await writeFile(options.out, text);
    });
}
