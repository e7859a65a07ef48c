import { createHash } from 'node:crypto';
import { DomainError } from '../core/errors.ts';
import { FeedError, readFeed } from '../feeds/read-feed.ts';
import type { OpenFeedFile } from '../flows/feed-port.ts';

/** The reader of feeds as the import flow wants it: bytes are hashed on their way in. */
export const openFeedFile: OpenFeedFile = async (bytes, profile) => {
  const hash = createHash('sha256');
  let digest: string | null = null;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    const feed = await readFeed(hashed(), profile);
    return { ...feed, sha256: () => (digest ??= hash.digest('hex')) };
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    throw new DomainError('import.unreadable', error.message, {
      places: [{ path: 'body', code: error.code, message: `Found ${error.found}; expected ${error.expected}.` }],
      cause: error,
    });
  }
};
