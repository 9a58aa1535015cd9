import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { ConstraintError } from '../sql/constraint-error.ts';
import { isContended, isLost, postgresError } from './postgres-error.ts';

function said(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}
const NAME = 'postgres://ml@db:5432/ml';

describe('what PostgreSQL says', () => {
  it('of a full disk is told as one, with what to do', () => {
    const error = postgresError(NAME, said('53100', 'could not extend file "base/1": No space left on device'));
    expect(error).toMatchObject({ name: 'MetadataError', kind: 'noSpace' });
    expect(error.message).toBe(
      `The disk of ${NAME} is full (53100: could not extend file "base/1": No space left on device); the last change was not made. Make room on the server, and repeat.`,
    );
  });

  it.each([
    ['23505', 'unique'],
    ['23503', 'foreignKey'],
    ['23502', 'other'],
    ['22P02', 'other'],
  ])('with %s is a row that breaks the schema: %s', (code, constraint) => {
    const error = postgresError(NAME, said(code, 'no'));
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ constraint });
  });

  it.each([
    ['28P01', 'MILLRACE_METADATA_PASSWORD_FILE'],
    ['3D000', 'createdb'],
    ['25006', 'Name the primary'],
    ['57014', 'pg_stat_activity'],
    ['42501', 'Let it create tables'],
    ['57P03', 'Start that server'],
    ['XX000', "server's log"],
  ])('with %s names the way out', (code, next) => {
    const error = postgresError(NAME, said(code, 'no'));
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(next) });
    expect(error.message).toContain(NAME);
  });

  it('is tried again for a lost connection or another transaction, and for nothing else', () => {
    const codes = ['57P01', '57P02', '57P03', '08006', '25P03', '53300', '40001', '40P01', '23505', '28P01', '57014'];
    expect(codes.filter((code) => isLost(said(code, '')))).toEqual(codes.slice(0, 6));
    expect(codes.filter((code) => isContended(said(code, '')))).toEqual(codes.slice(6, 8));
    expect(isLost(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toBe(true);
    expect(isLost(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isLost(new TypeError('Converting circular structure to JSON'))).toBe(false);
    expect(isLost(new Error('The server does not support SSL connections'))).toBe(false);
  });
});
