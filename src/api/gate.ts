import { z } from 'zod';
import type { Gate } from '../core/reconcile/plan.ts';
import { personOrAccount } from './ids.ts';

export const gateSchema = z
  .strictObject({
    code: z.string(),
    limit: z.number(),
    value: z.number(),
    of: z.number().describe('the population that the limit was computed from'),
    window: z.enum(['run', '24h', '7d', 'file']),
    op: z.string().nullable().describe('the class of changes that it holds'),
    held: z.number().int(),
    who: z.array(z.string()).describe('the first 20 concerned: ids of persons or Drift accounts'),
    committed: z.number().int(),
    notified: z.array(z.string()),
    how: z.string().describe('what tripped, and how to go on'),
  })
  .meta({ id: 'Gate', description: 'A rule that holds a class of changes.' });

export function gateAnswer(gate: Gate): z.output<typeof gateSchema> {
  return { ...gate, op: gate.op ?? null, who: gate.who.map(personOrAccount), notified: [...gate.notified] };
}

export const countsSchema = z.record(z.string(), z.record(z.string(), z.number().int())).describe('{op: {state: n}}');

export const personBriefSchema = z
  .strictObject({
    id: z.string(),
    name: z.string().nullable(),
    userName: z.string().nullable(),
    emails: z.array(z.string()),
  })
  .meta({ id: 'PersonBrief' });

export const accountBriefSchema = z
  .strictObject({ id: z.string(), userName: z.string().nullable(), email: z.string().nullable() })
  .meta({ id: 'AccountBrief' });
