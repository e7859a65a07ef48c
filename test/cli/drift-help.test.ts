import { describe, expect, it } from '@jest/globals';
import { fieldsOf } from '../../src/cli/drift-field.ts';
import { exampleFor } from '../../src/cli/drift-help.ts';
import { addFields, inputFrom } from '../../src/cli/drift-options.ts';
import { DRIFT_OPERATIONS } from '../../src/drift/operations.ts';
import { takeInput } from '../../src/drift/operations-input.ts';
import { Command } from 'commander';
import { runIn } from './bridge.ts';

/** As a shell would: words, some of them in quotes. */
const wordsOf = (line: string): readonly string[] =>
  Array.from(line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g), ([, one, two, bare]) => one ?? two ?? bare ?? '');

describe('the help of an operation', () => {
  it.each(DRIFT_OPERATIONS)('has an example of $name that could be typed, and changes something', (row) => {
    const fields = fieldsOf(row);
    const command = new Command().exitOverride();
    addFields(command, row, fields);
    command.parse(wordsOf(exampleFor(row, fields)).slice(3), { from: 'user' });
    const input = inputFrom(fields, command.opts(), {});
    expect(takeInput(row, input)).toMatchObject({ ok: true });
    const isWithoutValues = row.method === 'DELETE' || row.name === 'uninstall-app' || row.reversibility === 'read';
    if (!isWithoutValues) {
      const names = Object.keys(input).filter((name) => !/^(active|.*[iI]d(Type)?|type)$/.test(name));
      expect(names).not.toEqual([]);
    }
  });

  it.each(DRIFT_OPERATIONS)(
    'says of $name what each id and each JSON is, with a sample that Drift would take',
    (row) => {
      const fields = fieldsOf(row);
      const command = new Command().exitOverride();
      addFields(command, row, fields);
      for (const { long, description } of command.options) {
        if (/-id$|^--id$/.test(long ?? '')) expect([long, description]).toEqual([long, expect.stringMatching(/id of/)]);
        if (!description.includes('JSON')) continue;
        const [, sample = ''] = /such as '([^']+)'/.exec(description) ?? [];
        expect([long, JSON.parse(sample)]).toEqual([long, expect.any(Object)]);
        const field = fields.find(({ flag }) => flag === long);
        const isList = description.includes('repeated');
        const given = inputFrom(fields, { [field?.key ?? '']: isList ? [sample] : sample }, {});
        const taken = takeInput(row, given);
        const wrong = taken.ok ? [] : taken.error.issues.filter(({ path }) => path[0] === field?.path[0]);
        expect([long, wrong]).toEqual([long, []]);
      }
    },
  );

  it('shows --yes only where something asks, and needs no value that can only be one', async () => {
    const help = async (name: string) => (await runIn({}, 'drift', name, '--help')).out;
    expect(await help('unsubscribe-emails')).toContain('--yes');
    expect(await help('request')).toContain('--yes');
    for (const name of ['get-contact', 'update-contact', 'delete-scim-user'])
      expect(await help(name)).not.toContain('--yes');
    expect(await help('replace-scim-user')).toContain('true unless given');
    const row = DRIFT_OPERATIONS.find(({ name }) => name === 'replace-scim-user');
    const fields = row === undefined ? [] : fieldsOf(row);
    expect(inputFrom(fields, {}, {})).toEqual({ active: true });
    expect(inputFrom(fields, {}, { jsonBody: '{"active":false}' })).toEqual({ active: false });
    expect((await help('request')).replaceAll(/\s+/g, ' ')).toContain(
      'The firewall refuses writes outside contacts, accounts, conversations, emails, reports, app and agents',
    );
  });
});
