import type { ImportAnswer, ImportRowAnswer } from './answers.ts';
import { renderGates } from './render-plan.ts';
import { grouped, renderTable, wrap } from './render-table.ts';
import type { Paint } from './terminal.ts';

/** What says that the file is whole. */
const PROOFS: Readonly<Record<string, string>> = {
  manifest: 'proven whole by: manifest',
  trailer: 'proven whole by: trailer line that counts the rows',
  done: 'proven whole by: marker file',
  signs: 'not proven whole: neither a manifest, a trailer line nor a marker file says so',
};

export function renderImport(answer: ImportAnswer, bad: readonly ImportRowAnswer[], paint: Paint): string {
  const { detected, rows, changes } = answer;
  const title = answer.preview ? `Preview (nothing is stored)` : `Import ${answer.id}`;
  const quote = detected.quote === "'" ? ', quoted by apostrophes' : '';
  const delimiter = detected.delimiter === '\t' ? 'tab' : `"${detected.delimiter}"`;
  const confidence = `${String(Math.round(detected.confidence * 100))} %`;
  const left = answer.trailer.length === 0 ? '' : `, ${grouped(answer.trailer.length)} of them a trailer at the end`;
  const lines = [
    `${paint('bold', title)}  ${answer.state}`,
    ...notes(answer, paint),
    `  file     ${detected.preset} (${confidence}), ${detected.encoding}, delimiter ${delimiter}${quote}, header in line ${String(detected.headerLine)}`,
    `  feed     ${answer.feed}, mode ${answer.mode}`,
    `  rows     ${grouped(rows.read)} read = ${grouped(rows.accepted)} accepted + ${grouped(rows.warned)} warned + ${grouped(rows.quarantined)} quarantined + ${grouped(rows.rejected)} rejected (${grouped(rows.skipped)} lines skipped${left})`,
    `  people   ${grouped(changes.joiners)} joiners, ${grouped(changes.movers)} movers, ${grouped(changes.leavers)} leavers, ${grouped(changes.vanished)} not in the file any more`,
    ...(answer.proof === null ? [] : [`  proof    ${PROOFS[answer.proof] ?? answer.proof}`]),
  ];
  const columns = answer.preview ? columnTable(answer, paint) : '';
  return `${lines.join('\n')}\n${columns}${badRows(answer, bad, paint)}${renderGates(answer.gates, paint)}${goOn(answer, paint)}`;
}

function notes({ notes: all }: ImportAnswer, paint: Paint): readonly string[] {
  return all.flatMap(({ message, places }) => [
    `  ${paint('yellow', '!')} ${wrap(message, 4)}`,
    ...places.map(({ line, header, value }) => `      line ${String(line)}, ${header}: ${value}`),
  ]);
}

function columnTable({ columns }: ImportAnswer, paint: Paint): string {
  const share = (value: number | undefined): string =>
    value === undefined ? '-' : `${String(Math.round(value * 100))} %`;
  const cells = columns.map(({ header, field, confidence, filled, samples = [] }) => [
    header,
    field ?? 'not used',
    field === null ? '-' : share(confidence),
    share(filled),
    samples.join(' | '),
  ]);
  const titles = [
    { title: 'Column' },
    { title: 'Read as' },
    { title: 'Sure', align: 'right' as const },
    { title: 'Filled', align: 'right' as const },
    { title: 'Samples' },
  ];
  return `\n${renderTable(titles, cells, paint)}`;
}

function badRows({ rows }: ImportAnswer, bad: readonly ImportRowAnswer[], paint: Paint): string {
  if (bad.length === 0) return '';
  const cells = bad.map(({ line, outcome, key, problems }) => [
    line,
    outcome,
    key,
    problems
      .map(
        ({ header, message = '', suggestion }) =>
          `${header === undefined ? '' : `${header}: `}${message}${suggestion === undefined ? '' : ` ${suggestion}`}`,
      )
      .join(' '),
  ]);
  const columns = [
    { title: 'Line', align: 'right' as const },
    { title: 'Outcome' },
    { title: 'Key' },
    { title: 'Problem' },
  ];
  const more = rows.quarantined + rows.rejected - bad.length;
  return `\n${renderTable(columns, cells, paint)}${more > 0 ? `  … and ${grouped(more)} more\n` : ''}`;
}

function goOn({ id, preview, state, rows }: ImportAnswer, paint: Paint): string {
  if (preview) return '';
  const lines: string[] = [];
  if (rows.quarantined + rows.rejected > 0) {
    lines.push(`the rows to correct: GET /api/v1/imports/${id}/fix-file; correct them and import that file`);
  }
  if (state === 'held') {
    lines.push(`to let it through once: POST /api/v1/imports/${id}/release {"reason": "…"} with scope "approve"`);
  }
  if (state === 'accepted') lines.push('bridge reconcile --speculative');
  return lines.length === 0 ? '' : `\n${paint('bold', 'Go on')}\n${lines.map((line) => `  ${wrap(line)}\n`).join('')}`;
}
