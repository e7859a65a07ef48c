import { createServer, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import request from 'supertest';
import type { ResourceType } from '../../src/flows/scim-port.ts';
import type { AttributePath } from '../../src/core/query.ts';
import { readDocument } from '../../src/scim/document.ts';
import { valuesAt } from '../../src/scim/match.ts';
import { type PatchResult, applyPatch } from '../../src/scim/patch.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createScimWorld } from '../scim/scim-world.ts';
import { documentFaults } from './document-faults.ts';
import { type Fuzz, Violation } from './fuzz-run.ts';
import { generateResources, storeResources } from './generated-resources.ts';
import { type PatchInput, definitionFor, generatePatchInput } from './hostile-patches.ts';
import { seededRandom } from './seeded-random.ts';

type Document = Readonly<Record<string, unknown>>;

/** What is put to the test; a test of the fuzzing itself plants mistakes here. */
export interface PatchSubject {
  readonly applyPatch: typeof applyPatch;
}

export const REAL_PATCHES: PatchSubject = { applyPatch };

export interface PatchFuzz extends Fuzz<PatchInput> {
  readonly sampled: { readonly twice: number; readonly http: ReadonlyMap<number, number> };
  close(): Promise<void>;
}

interface Known {
  readonly id: string;
  readonly document: Document;
  readonly text: string;
}

/** PATCH bodies against the engine, on generated users and groups; one in `httpEvery` goes through the facade. */
export async function createPatchFuzz(
  subject: PatchSubject,
  options: { readonly seed: number; readonly httpEvery: number },
): Promise<PatchFuzz> {
  const database = await openDatabase({ url: ':memory:' });
  const world = await createScimWorld(database);
  const generated = generateResources(seededRandom(options.seed), { users: 60, groups: 20 });
  await storeResources(world.scim('acme'), generated);
  const known = ({ id, doc }: { readonly id: string; readonly doc: Document }): Known => ({
    id,
    document: frozen(doc),
    text: JSON.stringify(doc),
  });
  const pool: Readonly<Record<ResourceType, readonly Known[]>> = {
    User: generated.users.map(known),
    Group: generated.groups.map(known),
  };
  const server = createServer(world.app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const http = new Map<number, number>();
  let twice = 0;

  return {
    generate: generatePatchInput,

    run(input) {
      const before = targetOf(input);
      // What is frozen cannot be changed unseen: that would be an error that is no refusal.
      frozen(input.body);
      const result = patched(input, before.id, before.document);
      if (input.expected === 'refused') throw new Violation('is taken');
      checkResult(input, result, before.document);
      if (JSON.stringify(before.document) !== before.text) throw new Violation('changes the document it is given');
      if (input.idempotent === true) {
        twice += 1;
        const again = patched(input, before.id, result.document);
        if (!isDeepStrictEqual(again.document, result.document)) {
          throw new Violation(`makes ${text(result.document)}, and done again ${text(again.document)}`);
        }
      }
    },

    async sample(input, index, taken) {
      if (input.expected === 'taken' && !taken) throw new Violation(`is refused: ${refusalOf(input)}`);
      if (index % options.httpEvery === 0) await throughFacade(server, input);
    },

    get sampled() {
      return { twice, http };
    },

    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };

  function targetOf({ type, document }: PatchInput): Known {
    const documents = pool[type];
    const found = documents[document % documents.length];
    if (found === undefined) throw new Error('there are no documents');
    return found;
  }

  function patched({ type, body }: PatchInput, id: string, document: Document): PatchResult {
    return subject.applyPatch(definitionFor(type), id, document, body);
  }

  function refusalOf(input: PatchInput): string {
    try {
      const { id, document } = targetOf(input);
      patched(input, id, document);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async function throughFacade(at: Server, input: PatchInput): Promise<void> {
    const { id } = targetOf(input);
    const path = `/scim/v2/${input.type}s/${id}`;
    const read = async (): Promise<Document> => {
      const reply = await request(at).get(path).set('authorization', 'Bearer acme-reader');
      if (reply.status !== 200) throw new Violation(`then GET is answered ${reply.status}`);
      return reply.body as Document;
    };
    const before = await read();
    const reply = await request(at)
      .patch(path)
      .set('authorization', 'Bearer acme-writer')
      .set('content-type', 'application/scim+json')
      .send(JSON.stringify(input.body));
    http.set(reply.status, (http.get(reply.status) ?? 0) + 1);
    if (reply.status >= 500) throw new Violation(`is answered ${reply.status}`);
    const after = await read();
    if (reply.status >= 400) {
      // All of it or nothing (RFC 7644 3.5.2).
      if (!isDeepStrictEqual(after, before)) throw new Violation(`is answered ${reply.status}, and leaves a change`);
      return;
    }
    if (reply.status === 200 && !isDeepStrictEqual(reply.body, after))
      throw new Violation('answers other than is stored');
    if (reply.status !== 200 && reply.status !== 204) throw new Violation(`is answered ${reply.status}`);
  }
}

function checkResult({ type, sets }: PatchInput, { document, members }: PatchResult, before: Document): void {
  const definition = definitionFor(type);
  const faults = documentFaults(definition, document);
  if (faults.length > 0) throw new Violation(`makes a document in which ${faults.join(', ')}`);
  // What a PATCH makes, a PUT may say.
  const read = readDocument(definition, document);
  if (!isDeepStrictEqual(read, document))
    throw new Violation(`makes ${text(document)}, which is read as ${text(read)}`);
  if (type === 'User' && members.length > 0) throw new Violation('gives a user members');
  for (const change of members) {
    const users: readonly unknown[] = change.kind === 'clear' ? [] : change.users;
    if (new Set(users).size !== users.length || !users.every((id) => typeof id === 'string')) {
      throw new Violation(`changes members by ${JSON.stringify(change)}`);
    }
  }
  if (sets === undefined) return;
  if (!isDeepStrictEqual(valuesAt(document, sets.path), [sets.value])) {
    throw new Violation(`leaves ${text(valuesAt(document, sets.path))} at ${sets.path.attribute}`);
  }
  const [others, earlier] = [without(document, sets.path), without(before, sets.path)];
  if (!isDeepStrictEqual(others, earlier)) throw new Violation(`changes more than ${sets.path.attribute}`);
}

function without(document: Document, { schema, attribute }: AttributePath): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => name !== (schema ?? attribute)));
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) frozen(each);
  }
  return value;
}

function text(value: unknown): string {
  const written = JSON.stringify(value);
  return written.length > 2000 ? `${written.slice(0, 2000)}…` : written;
}
