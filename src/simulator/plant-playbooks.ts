import { z } from 'zod';

import type { Org } from './org.ts';

export const seedPlaybookSchema = z.strictObject({
  name: z.string(),
  authorEmail: z.string(),
  /** Default true; only active ones are listed. */
  active: z.boolean().optional(),
  goals: z.array(z.string()).optional(),
  /** Of a conversational landing page. */
  landingPageUrl: z.string().optional(),
  createdAt: z.number().int().optional(),
});

export const seedMeetingSchema = z.strictObject({
  agentEmail: z.string(),
  contactEmail: z.string(),
  slotStart: z.number().int(),
  /** Default thirty minutes later. */
  slotEnd: z.number().int().optional(),
});

export type SeedPlaybook = Readonly<z.infer<typeof seedPlaybookSchema>>;
export type SeedMeeting = Readonly<z.infer<typeof seedMeetingSchema>>;

type IdOf = (email: string) => number;

/** Stores playbooks of agents that are known to exist. */
export function plantPlaybooks(org: Org, playbooks: readonly SeedPlaybook[], agentId: IdOf): void {
  const now = org.clock();
  for (const { name, authorEmail, active = true, goals = [], landingPageUrl, createdAt = now } of playbooks) {
    const id = Number(org.store.next('playbook', 91_001n, 1n));
    const playbook = {
      id,
      name,
      active,
      authorId: agentId(authorEmail),
      interactionId: 500_000 + id,
      reportType: landingPageUrl === undefined ? 'CUSTOM_BOT' : 'LANDING_PAGE',
      goals: goals.map((message, index) => ({ id: `${id}-${index + 1}`, message })),
      landingPageUrl,
      createdAt,
    };
    org.store.playbooks.put(String(id), playbook, 0);
  }
}

/** Stores meetings of agents and contacts that are known to exist. */
export function plantMeetings(org: Org, meetings: readonly SeedMeeting[], agentId: IdOf): void {
  if (meetings.length === 0) return;
  const contacts = new Map(
    Array.from(org.store.contacts.all(), (one) => [String(one.attributes['email']).toLowerCase(), one.id]),
  );
  for (const { agentEmail, contactEmail, slotStart, slotEnd = slotStart + 1_800_000 } of meetings) {
    const id = Number(org.store.next('meeting', 33_001n, 1n));
    const contactId = contacts.get(contactEmail.toLowerCase()) ?? '0';
    org.store.meetings.put(String(id), { id, agentId: agentId(agentEmail), contactId, slotStart, slotEnd }, 0);
  }
}
