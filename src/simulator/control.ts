import { z } from 'zod';

import type { ParsedBody } from './exchange.ts';
import type { Counts } from './counts.ts';
import { type FaultRule, faultRuleSchema } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import type { Grant } from './oauth.ts';
import type { OrgExport } from './export.ts';
import { type SeedData, seedSchema } from './seed-schema.ts';
import { settingsPatchSchema, type SimulatorSettings } from './settings.ts';
import type { SimulatorState } from './state.ts';
import { type RaisedEvent, WEBHOOK_TYPES } from './webhook-events.ts';
import { type Delivery, type WebhookFault, webhookFaultSchema } from './webhooks.ts';

const eventSchema = z.strictObject({
  type: z.enum(WEBHOOK_TYPES),
  /** Absent: a sample of the type. */
  data: z.record(z.string(), z.unknown()).optional(),
  orgId: z.number().int().optional(),
});

const visitSchema = z.strictObject({ email: z.email(), text: z.string().min(1) });

/** What tests may do to the simulator, in its process or over HTTP. */
export interface Controls {
  readonly instanceId: string;
  journal(): readonly JournalEntry[];
  clearJournal(): void;
  /** How many calls ended how, by route and by second: cheap, and not bounded by the journal. */
  counts(): Counts;
  clearCounts(): void;
  settings(): SimulatorSettings;
  set(patch: Partial<SimulatorSettings>): void;
  fault(rule: FaultRule): void;
  clearFaults(): void;
  seed(data: SeedData): void;
  state(): SimulatorState;
  /** The organisation as a file for `bridge simulate --org`. */
  org(): OrgExport;
  /** Makes every token, the private one included, dead. */
  revokeTokens(): void;
  /** Installs the private app again: a new token, with the scopes of the settings. */
  reinstall(): string;
  /** A code and a refresh token, as after an OAuth consent. */
  grant(): Grant;
  /** Tells the app of something that happened in Drift itself: a visitor's doing, a click in the inbox. */
  raise(event: Omit<RaisedEvent, 'data'> & { readonly data?: unknown }): void;
  /** A visitor with this e-mail writes in the chat. Gives the id of the conversation. */
  visit(visitor: { readonly email: string; readonly text: string }): string;
  /** What was sent to the app's request URL, and what became of it. */
  deliveries(): readonly Delivery[];
  clearDeliveries(): void;
  webhookFault(rule: WebhookFault): void;
  clearWebhookFaults(): void;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** The controls under `/__sim/`. A wrong body is refused with 400 and what is wrong with it. */
export function control(controls: Controls, method: string, path: string, body: ParsedBody): ControlAnswer {
  const sent = (): unknown => (body.kind === 'json' ? body.value : undefined);
  try {
    switch (`${method} ${path.slice('/__sim/'.length)}`) {
      case 'GET identity':
        return { status: 200, body: { instanceId: controls.instanceId } };
      case 'GET journal':
        return { status: 200, body: controls.journal() };
      case 'DELETE journal':
        controls.clearJournal();
        return { status: 204 };
      case 'GET counts':
        return { status: 200, body: controls.counts() };
      case 'DELETE counts':
        controls.clearCounts();
        return { status: 204 };
      case 'GET settings':
        return { status: 200, body: controls.settings() };
      case 'PATCH settings':
        controls.set(settingsPatchSchema.parse(sent()) as Partial<SimulatorSettings>);
        return { status: 200, body: controls.settings() };
      case 'POST faults':
        controls.fault(faultRuleSchema.parse(sent()));
        return { status: 204 };
      case 'DELETE faults':
        controls.clearFaults();
        return { status: 204 };
      case 'POST seed':
        controls.seed(seedSchema.parse(sent()));
        return { status: 204 };
      case 'GET state':
        return { status: 200, body: controls.state() };
      case 'GET org':
        return { status: 200, body: controls.org() };
      case 'POST revoke':
        controls.revokeTokens();
        return { status: 204 };
      case 'POST reinstall':
        return { status: 200, body: { token: controls.reinstall() } };
      case 'POST grant':
        return { status: 200, body: controls.grant() };
      case 'POST events':
        controls.raise(eventSchema.parse(sent()));
        return { status: 204 };
      case 'POST visits':
        return { status: 200, body: { conversationId: BigInt(controls.visit(visitSchema.parse(sent()))) } };
      case 'GET deliveries':
        return { status: 200, body: controls.deliveries() };
      case 'DELETE deliveries':
        controls.clearDeliveries();
        return { status: 204 };
      case 'POST webhook-faults':
        controls.webhookFault(webhookFaultSchema.parse(sent()));
        return { status: 204 };
      case 'DELETE webhook-faults':
        controls.clearWebhookFaults();
        return { status: 204 };
      default:
        return { status: 404, body: { problem: `no control ${method} ${path}` } };
    }
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { problem: z.prettifyError(error) } };
    if (error instanceof RangeError) return { status: 400, body: { problem: error.message } };
    throw error;
  }
}
