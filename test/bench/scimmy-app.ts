import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import { SCIMMY, SCIMMYRouters } from 'scimmy-routers';
import { employees, scimUser } from '../support/journey.ts';

/**
 * What one gets who follows the documentation of scimmy and scimmy-routers: the built-in User resource over a map in
 * memory, mounted in an Express 5 app. Nothing is durable, nobody is authenticated but by the looks of the header.
 * `scimmy-app.ts N` begins with N users.
 */
type User = SCIMMY.Schemas.User;
type Plain = Readonly<Record<string, unknown>>;

const users = new Map<string, User>();

/** As the map keeps it: a plain object, which the library makes an instance of the schema on its way out. */
function keep(id: string, data: Plain, created: string): User {
  const user = { ...data, id, meta: { created, lastModified: new Date().toISOString() } } as unknown as User;
  users.set(id, user);
  return user;
}

function kept(id: string): User {
  const user = users.get(id);
  if (user === undefined) throw new SCIMMY.Types.Error(404, '', `Resource ${id} not found`);
  return user;
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .ingress((resource, data) => {
    const plain = JSON.parse(JSON.stringify(data)) as Plain;
    if (resource.id !== undefined) return keep(resource.id, plain, String(kept(resource.id).meta.created));
    for (const { userName } of users.values()) {
      if (userName === plain['userName']) throw new SCIMMY.Types.Error(409, 'uniqueness', 'The userName is in use.');
    }
    return keep(randomUUID(), plain, new Date().toISOString());
  })
  .egress((resource) => {
    if (resource.id !== undefined) return kept(resource.id);
    const all = [...users.values()];
    return resource.filter === undefined ? all : (resource.filter.match(all) as User[]);
  })
  .degress((resource) => {
    users.delete(resource.id ?? '');
  });

for (const person of employees(Number(process.argv[2] ?? 0))) {
  keep(`user-${person.number}`, scimUser(person), new Date().toISOString());
}

const app = express();
// Express 5 makes `query` anew at each look, so the numbers that scimmy-routers puts there are lost, and each page would be
// the first twenty: this line is the one thing that its documentation does not have.
app.set('query parser', (text: string) =>
  Object.fromEntries(
    Array.from(new URLSearchParams(text), ([name, value]) => [
      name,
      name === 'startIndex' || name === 'count' ? Number(value) : value,
    ]),
  ),
);
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    handler: (request) => {
      if (request.header('Authorization')?.startsWith('Bearer ') !== true)
        throw new Error('Authorization not detected!');
      return 'some-user-ID';
    },
  }),
);

const server = createServer(app).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
