import type { Kysely } from 'kysely';
import type { Mark, MarkStore } from '../flows/mark-port.ts';
import type { Schema } from './schema.ts';
import { slices } from './slices.ts';

/** Marks of one tenant: more objects than that are not worth asking for one by one. */
const MOST = 50_000;

export function createMarkStore(db: Kysely<Schema>, tenantId: string, most = MOST): MarkStore {
  const own = () => db.selectFrom('mark').where('tenant_id', '=', tenantId);

  async function filled(): Promise<number> {
    const { n } = await own()
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return n;
  }

  /** The last of so many numbers in a row that nobody else is given. */
  async function numbers(count: number): Promise<number> {
    const { seq } = await db
      .insertInto('mark_counter')
      .values({ tenant_id: tenantId, seq: count })
      .onConflict((conflict) =>
        conflict.column('tenant_id').doUpdateSet((eb) => ({ seq: eb('mark_counter.seq', '+', count) })),
      )
      .returning('seq')
      .executeTakeFirstOrThrow();
    return seq;
  }

  return {
    async add(marks, at) {
      const distinct = [...new Map(marks.map((mark) => [textOf(mark), mark])).values()];
      const lost: Mark[] = [];
      for (const slice of slices(distinct)) {
        // Taken first: whoever else adds marks of this tenant waits here, and counts what this one adds.
        const last = await numbers(slice.length);
        const room = most - (await filled());
        const fits = room >= slice.length ? slice : await withinRoom(slice, room);
        lost.push(...slice.filter((mark) => !fits.includes(mark)));
        if (fits.length === 0) continue;
        await db
          .insertInto('mark')
          .values(
            fits.map(({ kind, by, key }, n) => ({
              ...{ tenant_id: tenantId, kind, key_by: by, key, at },
              seq: last - slice.length + 1 + n,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['tenant_id', 'kind', 'key_by', 'key'])
              .doUpdateSet((eb) => ({ seq: eb.ref('excluded.seq'), at: eb.ref('excluded.at') })),
          )
          .execute();
      }
      return lost;
    },

    async list(limit) {
      const rows = await own().selectAll().orderBy('seq').limit(limit).execute();
      return rows.map(({ kind, key_by: by, key, seq }) => ({ kind, by, key, seq }) as Mark & { readonly seq: number });
    },

    async remove(seqs) {
      for (const slice of slices(seqs)) {
        await db.deleteFrom('mark').where('tenant_id', '=', tenantId).where('seq', 'in', slice).execute();
      }
    },
  };

  /** Those that are marked already, and as many others as there is room for. */
  async function withinRoom(marks: readonly Mark[], room: number): Promise<readonly Mark[]> {
    const rows = await own()
      .select(['kind', 'key_by', 'key'])
      .where('key', 'in', [...new Set(marks.map(({ key }) => key))])
      .execute();
    const there = new Set(rows.map(({ kind, key_by: by, key }) => textOf({ kind, by, key })));
    let left = Math.max(0, room);
    return marks.filter((mark) => {
      if (there.has(textOf(mark))) return true;
      left -= 1;
      return left >= 0;
    });
  }
}

function textOf({ kind, by, key }: { readonly kind: string; readonly by: string; readonly key: string }): string {
  return `${kind} ${by} ${key}`;
}
