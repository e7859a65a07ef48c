import { createHash } from 'node:crypto';

/** Text that is markup already; everything else is escaped when it is put into a page. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | null | Markup | readonly Markup[];

/** Tagged template: values are escaped, unless they are markup or lists of markup. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.reduce((text, part, index) => `${text}${rendered(values[index - 1] ?? null)}${part}`));
}

function rendered(value: Value): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(({ text }) => text).join('') : escaped(String(value));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --warn: #b45309; --bad: #b91c1c }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0 } .soft { opacity: .7 } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem }
th { border-bottom: 2px solid var(--line) } td { border-bottom: 1px solid var(--line) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem; margin: 1rem 0 }
.facts div { background: var(--soft); border-radius: .4rem; padding: .5rem .8rem } .facts b { display: block }
.gate { border-left: 4px solid var(--warn); padding: .3rem .8rem; margin: .5rem 0; background: var(--soft) }
.demo { background: var(--warn); color: #fff; padding: .4rem .8rem; border-radius: .4rem; margin-bottom: 1rem }
.error { color: var(--bad) } @media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
`;

/** Nothing but our own style may take effect in a page, and nothing may frame it. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A whole page, self-contained: no script, no font, no picture from anywhere. */
export function page(title: string, demo: boolean, body: Markup): string {
  const banner = demo
    ? html`<p class="demo">
        Demo: the Drift behind this bridge is the built-in simulator, and everybody in it is invented.
      </p>`
    : html``;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${new Markup(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${banner}${body}
      </body>
    </html> `.text;
}
