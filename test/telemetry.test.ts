import { describe, expect, it } from '@jest/globals';
import { createLog, createMetrics } from '../src/telemetry.ts';

function capture(): { readonly lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  it('is JSON lines of ids, codes and counts', () => {
    const out = capture();
    const log = createLog('info', out);
    log('info', 'run.planned', { run: '0198c0de-7a2b-7000-8000-000000000001', changes: 12, held: true, plan: null });
    log('debug', 'not.shown');
    expect(out.lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        event: 'run.planned',
        run: '0198c0de-7a2b-7000-8000-000000000001',
        changes: 12,
        held: true,
        plan: null,
      },
    ]);
  });

  it('withholds whatever could be personal or secret', () => {
    const out = capture();
    const log = createLog('info', out);
    log('warn', 'people', {
      person: 'Alex Example',
      email: 'alex@example.com',
      name: 'Alex',
      run: 'a b',
      userName: 'alex',
    });
    expect(out.lines[0]).toMatchObject({
      person: '[withheld]',
      email: '[withheld]',
      name: '[withheld]',
      run: '[withheld]',
      userName: '[withheld]',
    });
    log('error', 'bug', {
      error: `SyntaxError: Unexpected token 'A', "Alex <alex@example.com>" is not valid; Bearer dsb_api_0123456789ab_0123456789abcdef`,
    });
    expect(JSON.stringify(out.lines[1])).not.toMatch(/Alex|example\.com|0123456789abcdef/);
    expect(out.lines[1]?.['error']).toContain('SyntaxError: Unexpected token');
  });
});

describe('the metrics', () => {
  it('count requests by surface, method and class of status, and show pending jobs', async () => {
    const metrics = createMetrics({ pending: async () => ({ run: 2 }) });
    metrics.request({ surface: 'api', method: 'GET', status: 204, seconds: 0.003 });
    metrics.request({ surface: 'api', method: 'BREW', status: 418, seconds: 0.003 });
    const { contentType, body } = await metrics.text();
    expect(contentType).toContain('text/plain');
    expect(body).toContain('bridge_http_requests_total{surface="api",method="GET",status="2xx"} 1');
    expect(body).toContain('bridge_http_requests_total{surface="api",method="other",status="4xx"} 1');
    expect(body).toContain('bridge_jobs_pending{kind="run"} 2');
  });
});
