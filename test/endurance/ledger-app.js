// An app that can be killed at any moment: whatever it was given is in its ledger, a line each, before it answers.
// Usage: ledger-app.js PORT LEDGER
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , port, ledger] = process.argv;
const server = createServer(async (request, response) => {
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return; // the tool was killed in the middle of it
  }
  const { job_id: job } = JSON.parse(Buffer.concat(chunks).toString());
  appendFileSync(ledger, `${job}\n`);
  setTimeout(() => response.end('{"ok":true}'), Math.random() * 10);
});
server.keepAliveTimeout = 65_000;
server.listen(Number(port), '127.0.0.1', () => console.log('up'));
