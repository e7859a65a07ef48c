import type { EntryAnswer } from './entry-answer.ts';
import { type Markup, PAGE_POLICY, html, page } from './html.ts';
import type { RunAnswer } from './run-answer.ts';

/** Situations in which nothing is to be done: listed last. */
const QUIET: ReadonlySet<string> = new Set(['IN_SYNC', 'NOT_REQUIRED', 'LINK_ONLY', 'PROTECTED']);

/** A run on one page, to read and to print; `policy` is the Content-Security-Policy that it needs. */
export function renderRunReport(input: {
  readonly run: RunAnswer;
  readonly entries: readonly EntryAnswer[];
  readonly demo: boolean;
  readonly now: string;
}): { readonly html: string; readonly policy: string } {
  const { run, entries, demo, now } = input;
  const body = html` <h1>Run ${run.id}</h1>
    <p class="soft">
      ${run.speculative ? 'Speculative: nothing is applied. ' : ''}Asked for by ${run.requestedBy}. Printed
      ${instant(now)}.
    </p>
    ${run.error === null ? html`` : html`<p class="error">${run.error}</p>`}
    <div class="facts">
      ${fact('State', `${run.state} (${run.stage})`)} ${fact('People and unlinked accounts', run.population)}
      ${fact('Started', instant(run.startedAt))} ${fact('Ended', instant(run.endedAt))}
      ${fact('Drift calls', `${run.drift.calls} (fewest possible: ${run.drift.minimum})`)}
      ${fact('Plan', run.plan === null ? 'none' : `${run.plan.id}, ${run.plan.state}`)}
    </div>
    ${run.plan === null ? html`` : plan(run.plan)} ${gates(run)}
    <h2>Situations</h2>
    ${situations(run)}
    <h2>Entries</h2>
    ${listed(run, entries)}`;
  return { html: page(`Run ${run.id}`, demo, body), policy: PAGE_POLICY };
}

function fact(name: string, value: string | number): Markup {
  return html`<div><b>${value}</b><span class="soft">${name}</span></div>`;
}

function plan({ summary, hash, counts }: NonNullable<RunAnswer['plan']>): Markup {
  const rows = Object.entries(counts).flatMap(([op, states]) =>
    Object.entries(states).map(
      ([state, count]) =>
        html`<tr>
          <td>${op}</td>
          <td>${state}</td>
          <td class="n">${count}</td>
        </tr>`,
    ),
  );
  const table = html`<table>
    <tr>
      <th>Change</th>
      <th>State</th>
      <th class="n">Number</th>
    </tr>
    ${rows}
  </table>`;
  return html`<h2>Plan</h2>
    <p>${summary}</p>
    <p class="soft">hash <code>${hash}</code></p>
    ${rows.length === 0 ? html`` : table}`;
}

function gates({ gates: tripped }: RunAnswer): Markup {
  if (tripped.length === 0) return html``;
  const each = tripped.map(
    ({ code, value, limit, held, how }) =>
      html`<div class="gate">
        <b>${code}</b>: ${value}, limit ${limit}, ${held} held.
        <p>${how}</p>
      </div>`,
  );
  return html`<h2>Gates</h2>
    ${each}`;
}

function situations({ situations: counts, population }: RunAnswer): Markup {
  const rows = Object.entries(counts)
    .sort(([a], [b]) => Number(QUIET.has(a)) - Number(QUIET.has(b)) || (a < b ? -1 : 1))
    .map(
      ([code, count]) =>
        html`<tr>
          <td>${code}</td>
          <td class="n">${count}</td>
        </tr>`,
    );
  return html`<table>
    <tr>
      <th>Situation</th>
      <th class="n">Number</th>
    </tr>
    ${rows}
    <tr>
      <td><b>Together</b></td>
      <td class="n"><b>${population}</b></td>
    </tr>
  </table>`;
}

function listed(run: RunAnswer, entries: readonly EntryAnswer[]): Markup {
  const sorted = [...entries].sort((a, b) => Number(QUIET.has(a.situation)) - Number(QUIET.has(b.situation)));
  const rows = sorted.map(
    ({ situation, person, account, reasons, disposition }) =>
      html`<tr>
        <td>${situation}</td>
        <td>${person?.name ?? person?.userName ?? '-'}<br /><span class="soft">${person?.emails[0] ?? ''}</span></td>
        <td>${account?.userName ?? '-'}<br /><span class="soft">${account?.id ?? ''}</span></td>
        <td>${reasons.map((reason) => html`<p>${reason}</p>`)}<span class="soft">${disposition}</span></td>
      </tr>`,
  );
  const left = run.population - entries.length;
  const rest =
    left > 0 ? html`<p class="soft">${left} more are in the list: /api/v1/runs/${run.id}/entries</p>` : html``;
  return html`<table>
      <tr>
        <th>Situation</th>
        <th>Person</th>
        <th>Account</th>
        <th>Why</th>
      </tr>
      ${rows}
    </table>
    ${rest}`;
}

/** `2026-03-01 14:05:09 UTC`. */
function instant(iso: string | null): string {
  return iso === null ? '-' : `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
