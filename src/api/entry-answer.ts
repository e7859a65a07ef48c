import { z } from 'zod';
import type { EntryView } from '../flows/inspect.ts';
import { accountBriefSchema, personBriefSchema } from './gate.ts';
import { publicId } from './ids.ts';

const evidence = z.strictObject({ feature: z.string(), weight: z.number(), note: z.string() });

export const candidateSchema = z
  .strictObject({
    accountId: z.string(),
    confidence: z.number(),
    rule: z.string(),
    evidence: z.array(evidence).describe('contributions for and against'),
  })
  .meta({ id: 'Candidate' });

export const lifecycleSchema = z
  .strictObject({
    expected: z.enum(['active', 'inactive', 'absent', 'undecided']),
    effective: z.string().nullable(),
    rule: z.string(),
    dueAt: z.string().nullable().describe('when removal may be planned'),
  })
  .meta({ id: 'Lifecycle' });

export const entrySchema = z
  .strictObject({
    situation: z.string(),
    flags: z.array(z.string()),
    person: personBriefSchema.nullable(),
    account: accountBriefSchema.nullable(),
    lifecycle: lifecycleSchema,
    attributes: z.array(
      z.strictObject({
        name: z.string(),
        desired: z.string().nullable(),
        baseline: z.string().nullable(),
        actual: z.string().nullable(),
        verdict: z.string(),
        attribution: z.string().nullable(),
      }),
    ),
    candidates: z.array(candidateSchema),
    disposition: z.string(),
    changes: z.array(z.string()),
    reasons: z.array(z.string()),
  })
  .meta({ id: 'Entry', description: 'One person in scope, or one unlinked account.' });

export type EntryAnswer = z.output<typeof entrySchema>;

export function entryAnswer({ entry, person, account, changes }: EntryView): EntryAnswer {
  const { expected, effective, rule, dueAt } = entry.lifecycle;
  return {
    situation: entry.situation,
    flags: [...entry.flags],
    person: personAnswer(person),
    account,
    lifecycle: { expected, effective: effective ?? null, rule, dueAt: dueAt ?? null },
    attributes: entry.attributes.map(({ name, desired, baseline, actual, verdict, attribution }) => ({
      name,
      desired: desired ?? null,
      baseline: baseline ?? null,
      actual: actual ?? null,
      verdict,
      attribution: attribution ?? null,
    })),
    candidates: entry.candidates.map(candidateAnswer),
    disposition: entry.disposition,
    changes: changes.map((id) => publicId('chg', id)),
    reasons: [...entry.reasons],
  };
}

export function personAnswer(person: EntryView['person']): z.output<typeof personBriefSchema> | null {
  if (person === null) return null;
  const { id, name, userName, emails } = person;
  return { id: publicId('per', id), name, userName, emails: [...emails] };
}

export function candidateAnswer(candidate: EntryView['entry']['candidates'][number]): z.output<typeof candidateSchema> {
  const { accountId, confidence, rule } = candidate;
  return { accountId, confidence, rule, evidence: candidate.evidence.map((one) => ({ ...one })) };
}
