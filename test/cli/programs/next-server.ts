import { createServer } from 'node:http';

/**
 * Stands in for Next.js, which is not installed: calls a route's POST with a web Request and sends its Response.
 * Arguments: the route's module, a port.
 */
const [, , modulePath, port] = process.argv;
const { POST } = (await import(modulePath!)) as { POST(request: Request): Promise<Response> };

createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const request = new Request(`http://localhost:${port}${incoming.url}`, {
    method: incoming.method!,
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    body: Buffer.concat(chunks),
  });
  try {
    const response = await POST(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  } catch (error) {
    console.error(error); // as Next does
    outgoing.writeHead(500).end();
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
