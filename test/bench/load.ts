import { Agent, request } from 'undici';

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: string;
}

/** A closed loop: so many connections, each with one request under way, for so long. Counts what is not 2xx. */
export async function load(
  base: string,
  token: string,
  next: (n: number) => LoadRequest,
  options: { readonly connections: number; readonly milliseconds: number },
): Promise<LoadResult> {
  const agent = new Agent({ connections: options.connections, pipelining: 1 });
  const times: number[] = [];
  let errors = 0;
  let n = 0;
  const begin = performance.now();
  const until = begin + options.milliseconds;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const { method, path, body } = next(n++);
      const at = performance.now();
      const answer = await request(`${base}${path}`, {
        method,
        dispatcher: agent,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        ...(body === undefined ? {} : { body }),
      });
      await answer.body.dump();
      times.push(performance.now() - at);
      if (answer.statusCode >= 300) errors += 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, one));
  const seconds = (performance.now() - begin) / 1000;
  await agent.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), errors };
}
