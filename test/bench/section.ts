import { SCIM_TOKEN } from '../support/bridge-process.ts';
import type { Lab } from './servers.ts';
import { type Server, cpuSeconds } from './servers.ts';
import { type LoadRequest, type Target, load } from './load.ts';

/** What a cell measured in one round, by name: `x` a rate or milliseconds, `x.p50` and such what goes with it. */
/** Until the engine has compiled what is measured: with less, a server that was asked more before looks faster. */
const WARM_MS = 3000;

export type Sample = Readonly<Record<string, number>>;

export interface Cell {
  /** Not counted: compiled code and full caches before the first round. */
  warm(): Promise<unknown>;
  run(round: number): Promise<Sample>;
}

export interface Row {
  readonly label: string;
  /** Name of its sample. */
  readonly of: string;
  readonly unit: 'per second' | 'ms';
}

export interface Verdict {
  readonly text: string;
  /** From the medians of samples. */
  readonly value: (median: (of: string) => number) => number;
  readonly unit: 'ratio' | 'ms';
  /** `aim` is told and never fails; without either it is only told. */
  readonly bar?: { readonly least: number } | { readonly most: number } | { readonly aim: number };
}

export interface Section {
  readonly title: string;
  readonly notes: readonly string[];
  readonly cells: readonly Cell[];
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
}

/** What sections are made of; stores and servers are started where one asks first. */
export interface World {
  readonly lab: Lab;
  readonly milliseconds: number;
  readonly connections: number;
  /** The one thing of that name, made once. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>;
  readonly largeUsers: number;
}

/** A closed loop against one server. */
export function loadCell(
  of: string,
  server: Server,
  next: (n: number) => LoadRequest,
  options: { readonly connections: number; readonly milliseconds: number },
): Cell {
  // Each round goes on where the last one ended, so that nothing is created twice.
  let sent = 0;
  const run = async (milliseconds: number): Promise<Sample> => {
    const before = cpuSeconds(server.pid);
    const result = await load(targetOf(server), () => next(sent++), { ...options, milliseconds });
    const after = cpuSeconds(server.pid);
    const cpu = before === null || after === null ? {} : { [`${of}.cpu`]: ((after - before) / result.requests) * 1e6 };
    return {
      [of]: result.perSecond,
      [`${of}.p50`]: result.p50,
      [`${of}.p99`]: result.p99,
      [`${of}.errors`]: result.errors,
      [`${of}.busy`]: result.busy,
      ...cpu,
    };
  };
  return { warm: () => run(WARM_MS), run: () => run(options.milliseconds) };
}

export function targetOf({ port }: Server): Target {
  return { port, token: SCIM_TOKEN };
}

/** Spread over the list, without a pattern that a cache could learn soon. */
export function pick<T>(list: readonly T[], n: number): T {
  return list[(n * 7919) % list.length] as T;
}

export function patchOp(operations: readonly unknown[]): Record<string, unknown> {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
