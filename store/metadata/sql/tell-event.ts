import { type CompiledQuery, type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { EventFacts } from '../../../ir/event-facts.ts';
import { toColumn } from './json-column.ts';
import type { SqlSession } from './sql-session.ts';

/** Numbers that only the transaction knows, by the field that they fill. */
type Counted = Readonly<Record<string, Expression<number | null>>>;

/** What is told, but for what is counted. */
type Partly<Facts> = Facts extends { readonly kind: string } ? Pick<Facts, 'kind'> & Partial<Facts> : never;

export interface Told {
  readonly key: RawBuilder<string>;
  readonly facts: RawBuilder<string>;
  readonly at: number;
}

export function told(key: string, facts: EventFacts, at: number): Told {
  return { key: sql<string>`${key}`, facts: sql<string>`${toColumn(facts)}`, at };
}

/** Told with numbers that stand at the end of the key, and of the facts: JSON by hand, for dialects make it differently. */
export function toldWith(
  key: { readonly prefix: string; readonly number: Expression<number> },
  facts: Partly<EventFacts>,
  counted: Counted,
  at: number,
): Told {
  const fields = Object.entries(counted).map(
    ([name, number]) => sql`${`,${toColumn(name)}:`} || coalesce(cast(${number} as text), 'null')`,
  );
  return {
    key: sql<string>`${key.prefix} || cast(${key.number} as text)`,
    facts: sql<string>`${toColumn(facts).slice(0, -1)} || ${sql.join(fields, sql` || `)} || '}'`,
    at,
  };
}

/** To be run in the transaction of the change that is told, where `when` says whether it is one. */
export function tellEvent(
  { db, project }: SqlSession,
  { key, facts, at }: Told,
  when: Expression<SqlBool>,
): CompiledQuery {
  const all = db.selectFrom('events').where('project', '=', project);
  return db
    .insertInto('events')
    .columns(['project', 'sequence', 'key', 'facts', 'at'])
    .expression(
      db
        .selectNoFrom([
          sql<string>`cast(${project} as text)`.as('project'),
          // Writes of a project are serial, so that the numbers are given in the order in which they become visible.
          sql<number>`(${all.select(sql`coalesce(max(sequence), 0) + 1`.as('next'))})`.as('sequence'),
          sql<string>`cast(${key} as text)`.as('key'),
          sql<string>`cast(${facts} as text)`.as('facts'),
          sql<number>`cast(${at} as bigint)`.as('at'),
        ])
        .where(when),
    )
    .onConflict((conflict) => conflict.columns(['project', 'key']).doNothing())
    .compile();
}
