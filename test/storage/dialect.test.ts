import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../src/storage/dialect.ts';

const error = (more: object, message = 'x'): Error => Object.assign(new Error(message), more);

describe('an error of a database', () => {
  it.each([
    ['SQLite is busy', error({ code: 'ERR_SQLITE_ERROR', errcode: 5 }), 'contention'],
    ['SQLite is busy with a snapshot', error({ code: 'ERR_SQLITE_ERROR', errcode: 517 }), 'contention'],
    ['the disk is full', error({ code: 'ERR_SQLITE_ERROR', errcode: 13 }), 'unreachable'],
    ['a constraint of SQLite', error({ code: 'ERR_SQLITE_ERROR', errcode: 2067 }), 'other'],
    ['a deadlock', error({ code: '40P01' }), 'contention'],
    ['a serialization failure', error({ code: '40001' }), 'contention'],
    ['two equal jobs put back at once', error({ code: '23505', constraint: 'job_dedupe_idx' }), 'contention'],
    ['a unique violation', error({ code: '23505', constraint: 'token_hash_idx' }), 'other'],
    ['a server that shuts down', error({ code: '57P01' }), 'unreachable'],
    ['a statement that took too long', error({ code: '57014' }), 'unreachable'],
    ['too many connections', error({ code: '53300' }), 'unreachable'],
    ['no server', error({ code: 'ECONNREFUSED' }), 'unreachable'],
    ['a lost connection', error({}, 'Connection terminated unexpectedly'), 'unreachable'],
    ['a bug of ours', new TypeError('no'), 'other'],
    ['something thrown that is no error', 'text', 'other'],
    ['nothing', undefined, 'other'],
  ])('of the kind "%s" is told apart', (_, thrown, failure) => {
    expect(failureOf(thrown)).toBe(failure);
  });
});
