import type { Org } from './org.ts';
import type { SeedMeeting, SeedPlaybook } from './seed-schema.ts';

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
  for (const { agentEmail, contactEmail, slotStart, slotEnd = slotStart + 1_800_000 } of meetings) {
    const id = Number(org.store.next('meeting', 33_001n, 1n));
    const contactId = org.store.contacts.find('email', contactEmail.toLowerCase()).at(-1)?.id ?? '0';
    org.store.meetings.put(String(id), { id, agentId: agentId(agentEmail), contactId, slotStart, slotEnd }, 0);
  }
}
