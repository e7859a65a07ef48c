import type { SeedData } from '../../src/simulator/seed-schema.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

/** An invented organisation with something behind every endpoint, and more than a page of what is paged. */
export const SEED: SeedData = {
  users: [
    { email: 'olive.owner@example.com', name: 'Olive Owner', role: 'OWNER' },
    { email: 'ada.admin@example.com', name: 'Ada Admin', role: 'ADMIN', phone: '555-010-0001', alias: 'Ada' },
    { email: 'mel.member@example.com', name: 'Mel Member', locale: 'en-GB' },
    { email: 'lars.lite@example.com', name: 'Lars Lite', role: 'role-ids=[208]' },
    { email: 'gone@example.com', name: 'Gone Long', deleted: true },
    { email: 'bot-77@drift.com', name: 'Bot', bot: true },
  ],
  attributes: [{ name: 'owner_email', displayName: 'Owner e-mail', type: 'STRING' }],
  contacts: [
    {
      attributes: { email: 'cleo@example.net', name: 'Cleo', externalId: 'crm-1' },
      ownerEmail: 'ada.admin@example.com',
    },
    ...Array.from({ length: 150 }, (_, n) => ({ attributes: { email: `guest${String(n)}@example.net` } })),
  ],
  accounts: Array.from({ length: 70 }, (_, n) => ({
    domain: `firm${String(n)}.example.org`,
    name: `Firm ${String(n)}`,
    ownerEmail: n % 2 === 0 ? 'ada.admin@example.com' : 'mel.member@example.com',
  })),
  conversations: [
    ...Array.from({ length: 60 }, (_, n) => ({
      email: `guest${String(n)}@example.net`,
      status: n % 3 === 0 ? ('closed' as const) : ('pending' as const),
      createdAt: NOW - HOUR - n,
    })),
    // The latest, so that it stands at the head of the list.
    {
      email: 'cleo@example.net',
      status: 'open' as const,
      participants: ['ada.admin@example.com'],
      createdAt: NOW,
      messages: Array.from({ length: 120 }, (_, n) => ({
        from: n % 2 === 0 ? 'contact' : 'ada.admin@example.com',
        body: `Line ${String(n)}: grüße`,
        ...(n === 0 && {
          attachments: [
            { fileName: 'note.txt', mimeType: 'text/plain', text: 'A note — with ünicode.' },
            // No UTF-8.
            { fileName: 'dot.png', mimeType: 'image/png', base64: 'iVBORw0KGgo//v8=' },
          ],
        }),
      })),
    },
  ],
  playbooks: [
    { name: 'Greeting', authorEmail: 'ada.admin@example.com', goals: ['Book a meeting'] },
    { name: 'Landing', authorEmail: 'mel.member@example.com', landingPageUrl: 'https://landing.example.com/hello' },
  ],
  meetings: [{ agentEmail: 'mel.member@example.com', contactEmail: 'cleo@example.net', slotStart: NOW - HOUR }],
};
