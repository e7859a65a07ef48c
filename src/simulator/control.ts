import { z } from 'zod';

import type { ParsedBody } from './exchange.ts';
import { type FaultRule, faultRuleSchema } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import type { Grant } from './oauth.ts';
import { type SeedData, seedSchema } from './plant.ts';
import { settingsPatchSchema, type SimulatorSettings } from './settings.ts';
import type { SimulatorState } from './state.ts';

/** What tests may do to the simulator, in its process or over HTTP. */
export interface Controls {
  readonly instanceId: string;
  journal(): readonly JournalEntry[];
  clearJournal(): void;
  settings(): SimulatorSettings;
  set(patch: Partial<SimulatorSettings>): void;
  fault(rule: FaultRule): void;
  clearFaults(): void;
  seed(data: SeedData): void;
  state(): SimulatorState;
  /** Makes every token, the private one included, dead. */
  revokeTokens(): void;
  /** Installs the private app again: a new token, with the scopes of the settings. */
  reinstall(): string;
  /** A code and a refresh token, as after an OAuth consent. */
  grant(): Grant;
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
      case 'POST revoke':
        controls.revokeTokens();
        return { status: 204 };
      case 'POST reinstall':
        return { status: 200, body: { token: controls.reinstall() } };
      case 'POST grant':
        return { status: 200, body: controls.grant() };
      default:
        return { status: 404, body: { problem: `no control ${method} ${path}` } };
    }
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { problem: z.prettifyError(error) } };
    if (error instanceof RangeError) return { status: 400, body: { problem: error.message } };
    throw error;
  }
}
