import { describe, expect, it } from '@jest/globals';
import { continuedEmployments } from '../../../src/core/identity/continued-employment.ts';
import type { HrRecord } from '../../../src/core/identity/hr-record.ts';
import { without } from '../builders.ts';

function record(personKey: string, more: Partial<HrRecord> = {}): HrRecord {
  const usual = { given: 'Ann', family: 'Lee', workEmail: 'ann@example.com' };
  return { personKey, workerType: 'employee', status: 'active', ...usual, ...more };
}

const until = (end: string): HrRecord => record('C1', { status: 'ended', start: '2025-01-01', end });

describe('a new key', () => {
  it.each<[string, readonly HrRecord[], readonly HrRecord[], Record<string, string>]>([
    ['goes on with the old one', [record('E1', { start: '2026-03-01' })], [until('2026-02-28')], { E1: 'C1' }],
    [
      'in other letters',
      [record('E1', { workEmail: 'ANN@example.com', family: 'Ray' })],
      [until('2026-02-28')],
      { E1: 'C1' },
    ],
    ['after 90 days', [record('E1', { start: '2026-05-29' })], [until('2026-02-28')], { E1: 'C1' }],
    ['after 91 days is somebody new', [record('E1', { start: '2026-05-30' })], [until('2026-02-28')], {}],
    ['that began before is somebody else', [record('E1', { start: '2024-01-01' })], [until('2026-02-28')], {}],
    ['with another name is somebody else', [record('E1', { given: 'Bob', family: 'Ray' })], [until('2026-02-28')], {}],
    ['with another address', [record('E1', { workEmail: 'a@example.com' })], [until('2026-02-28')], {}],
    ['one of two', [record('E1'), record('E2')], [until('2026-02-28')], {}],
    ['of one of two', [record('E1')], [until('2026-02-28'), record('C2')], {}],
  ])('%s', (_, joining, over, expected) => {
    expect(continuedEmployments(joining, over)).toEqual(expected);
  });

  it('without an address proves nothing', () => {
    expect(continuedEmployments([without(record('E1'), 'workEmail')], [until('2026-02-28')])).toEqual({});
  });
});
