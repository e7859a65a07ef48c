import { type DestinationStream, pino } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Config } from './config.ts';
import type { Log, LogLevel } from './flows/ports.ts';

/**
 * What a log line may hold: numbers, flags, and text under these keys that looks like an id, a code or a place in the
 * program. Everything else is withheld, so that no name, address, value or token gets into a log by accident.
 */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...['request', 'tenant', 'token', 'person', 'account', 'run', 'plan', 'change', 'import', 'snapshot', 'job', 'feed'],
  ...['kind', 'code', 'op', 'state', 'stage', 'mode', 'method', 'route', 'url', 'version', 'variable', 'gate', 'owner'],
  ...[
    'at',
    'step',
    'outcome',
    'scimPath',
    'reason',
    'database',
    'operation',
    'class',
    'header',
    'batch',
    'check',
    'status',
    'endsAt',
  ],
]);
const LOOKS_LIKE_CODE = /^[\w.:/{}[\]+-]{0,200}$/;
const WITHHELD = '[withheld]';

type LogData = Readonly<Record<string, string | number | boolean | null>>;

function allowed(data: LogData): LogData {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]): [string, LogData[string]] => {
      if (typeof value !== 'string') return [key, value];
      if (key === 'error') return [key, scrubbed(value)];
      return [key, TEXT_KEYS.has(key) && LOOKS_LIKE_CODE.test(value) ? value : WITHHELD];
    }),
  );
}

/** The text of an error, without what it quotes from the input and without addresses. */
function scrubbed(text: string): string {
  return text
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\S+@\S+/g, '…@…')
    .replace(/\b[\w-]{24,}\b/g, (word) => (/^[0-9a-f-]{36}$/.test(word) ? word : '…'))
    .slice(0, 500);
}

/** One JSON line an event on stdout, or where `destination` says. */
export function createLog(level: Config['logLevel'], destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: 'event',
  };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return (at: LogLevel, code, data = {}) => logger[at](allowed(data), code);
}

export interface HttpObservation {
  readonly surface: 'api' | 'scim' | 'web';
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  request(observed: HttpObservation): void;
  /** Prometheus text. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * Asked at each scrape: `pending`, queued and running jobs by kind; `tokenExpiry`, by audience the instant (UTC ISO) at
 * which the first connection loses its last token; `scimLog`, what of the SCIM requests is in no tenant's log.
 */
export function createMetrics(ports: {
  readonly pending?: () => Promise<Readonly<Record<string, number>>>;
  readonly tokenExpiry?: () => Promise<Readonly<Record<string, string>>>;
  readonly scimLog?: () => { readonly dropped: number; readonly nobody: number };
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'bridge_' });
  const requests = new Counter({
    name: 'bridge_http_requests_total',
    help: 'Requests answered, by surface, method and class of status.',
    labelNames: ['surface', 'method', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'bridge_http_request_seconds',
    help: 'Time from request to the end of the answer.',
    labelNames: ['surface'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const { pending, tokenExpiry, scimLog } = ports;
  if (pending !== undefined) {
    const jobs: Gauge = new Gauge({
      name: 'bridge_jobs_pending',
      help: 'Jobs that are queued or in hand, by kind.',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        jobs.reset();
        for (const [kind, count] of Object.entries(await pending())) jobs.set({ kind }, count);
      },
    });
  }
  if (tokenExpiry !== undefined) {
    const expiry: Gauge = new Gauge({
      name: 'bridge_token_expiry_seconds',
      help: 'Seconds until the first connection of an audience loses its last token.',
      labelNames: ['audience'],
      registers: [registry],
      async collect() {
        expiry.reset();
        for (const [audience, at] of Object.entries(await tokenExpiry())) {
          expiry.set({ audience }, Math.round((Date.parse(at) - Date.now()) / 1000));
        }
      },
    });
  }
  if (scimLog !== undefined) {
    const missing: Counter = new Counter({
      name: 'bridge_scim_requests_unlogged_total',
      help: 'SCIM requests that are in no log: dropped because it could not keep up, or of nobody that is known.',
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        missing.reset();
        for (const [reason, count] of Object.entries(scimLog())) missing.inc({ reason }, count);
      },
    });
  }
  return {
    request(observed) {
      const { surface, status } = observed;
      requests.inc({ surface, method: knownMethod(observed.method), status: `${Math.floor(status / 100)}xx` });
      seconds.observe({ surface }, observed.seconds);
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

/** A label has few values, whatever a client makes up. */
function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
