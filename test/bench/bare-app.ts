import express from 'express';

/**
 * The yardstick: Express 5 with nothing but routing and body parsing, answering bytes that the bridge answered. It is
 * told them with PUT /bytes, runs in a process of its own, and prints its port.
 */
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ type: ['application/json', 'application/scim+json'], limit: '2mb' }));

let bytes = Buffer.from('{}');
let status = 200;

app.put('/bytes', (request, response) => {
  const { text, code } = request.body as { text: string; code: number };
  bytes = Buffer.from(text);
  status = code;
  response.status(204).end();
});

app.use('/scim/v2', (_request, response) => {
  response.status(status).type('application/scim+json').send(bytes);
});

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${String(typeof address === 'object' && address !== null ? address.port : 0)}\n`);
});
