import type { RegistryTable } from '../registry-table.ts';
import { alias, aliases, aliasStanding, history, moveAlias } from './aliases.ts';
import { addVersion, models, version, versions } from './model-versions.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlRegistryTable(session: SqlSession): RegistryTable {
  return {
    addVersion: (added) => addVersion(session, added),
    version: (model, number) => version(session, model, number),
    versions: (model, page) => versions(session, model, page),
    models: () => models(session),
    alias: (model, name) => alias(session, model, name),
    standing: (model, name) => aliasStanding(session, model, name),
    aliases: (model) => aliases(session, model),
    moveAlias: (move) => moveAlias(session, move),
    history: (model, page) => history(session, model, page),
  };
}
