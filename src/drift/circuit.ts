import type { Clock, Log } from '../flows/ports.ts';

/** So many exchanges in a row without a sound answer open the circuit: two reads with all their tries. */
const LOSSES = 8;
/** Until the first probe; doubled with each one that fails. */
const FIRST_REST = 1_000;
const LONGEST_REST = 60_000;

/**
 * Keeps calls away from a Drift that does not answer: after so many losses in a row nothing is sent any more, until one
 * probe, tried after a rest, has come back. It knows connections, not credentials: a refusal is an answer.
 */
export interface Circuit {
  /** True while nothing may be sent at all. */
  isResting(): boolean;
  /** `probe`: open, but this call may find out whether Drift answers again; then exactly one of the three is called. */
  enter(): 'closed' | 'probe' | 'open';
  /** Drift answered, whatever it said. */
  answered(): void;
  /** No answer, or 5xx. */
  lost(): void;
  /** The probe was not sent after all. */
  unused(): void;
}

export function createCircuit(ports: {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}): Circuit {
  const { clock, random, log } = ports;
  const now = (): number => Date.parse(clock.now());
  let losses = 0;
  let failedProbes = 0;
  let openedAt: number | null = null;
  let restMs = 0;
  let isProbing = false;

  function rest(): void {
    restMs = Math.min(LONGEST_REST, FIRST_REST * 2 ** failedProbes) * (0.5 + random());
    openedAt = now();
  }

  function isResting(): boolean {
    if (openedAt === null) return false;
    // The age and not the hour: a clock that was set back must not keep the circuit open.
    const age = now() - openedAt;
    return isProbing || (age >= 0 && age < restMs);
  }

  return {
    isResting,
    enter() {
      if (openedAt === null) return 'closed';
      if (isResting()) return 'open';
      isProbing = true;
      return 'probe';
    },
    answered() {
      losses = 0;
      failedProbes = 0;
      isProbing = false;
      if (openedAt === null) return;
      openedAt = null;
      log('info', 'drift.circuit', { outcome: 'closed' });
    },
    lost() {
      losses += 1;
      if (openedAt === null) {
        if (losses < LOSSES) return;
        rest();
        log('error', 'drift.circuit', { outcome: 'open', losses });
      } else if (isProbing) {
        isProbing = false;
        failedProbes += 1;
        rest();
      }
    },
    unused() {
      isProbing = false;
    },
  };
}
