import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sender as CheckSender } from '../../src/checks/sender.ts';
import type { Attempt, Delivery, HeaderPair } from '../../src/core/delivery.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { headerValue } from '../../src/core/headers.ts';
import { systemClock } from '../../src/core/ids.ts';
import { createVerifier } from '../../src/core/verification.ts';
import { ownDelivery, type Sender, senderHeaders } from '../../src/dispatch/own-delivery.ts';
import { forwardedHeaders } from '../../src/dispatch/prepare.ts';
import { startBench } from '../runtime/commands/context.ts';
import { startApp } from '../support/app.ts';
import { startSinatra } from '../support/sinatra.ts';

const body = Buffer.from('{"status":"Completed","job_id":"j-1","metadata":null}');
const made = ownDelivery({ source: 'check', receivedAt: 1, target: '/', headers: [], body });

test('no header that we add is empty, whatever a sender left out', () => {
  const value = fc.constantFrom<string | undefined>(undefined, '', ' ', 'a.example');
  const sender = fc.record({ host: value, 'x-forwarded-host': value, 'x-forwarded-for': value });
  fc.assert(
    fc.property(sender, fc.constantFrom('', '::1'), (values, remoteAddress) => {
      const headers = Object.entries(values).filter(
        (pair): pair is [string, string] => pair[1] !== undefined,
      );
      const delivery: Delivery = { ...made, seq: 1, id: 'dlv_1', remoteAddress };
      const sent = forwardedHeaders(headers, delivery, parseEndpoint('3000'), 'att_1');
      expect(sent.filter(([, text]) => text.trim() === '')).toEqual([]);
    }),
  );
});

test.each<{ sender: Sender; without: string[] }>([
  { sender: { host: 'a.example:3000' }, without: [] },
  { sender: { host: null }, without: ['host'] },
  { sender: { host: 'a.example', contentType: null }, without: ['content-type'] },
])("an own delivery has a real sender's headers: $sender", ({ sender, without }) => {
  const headers = senderHeaders(sender, body);
  const names = ['host', 'content-type', 'user-agent', 'accept', 'content-length'];
  expect(headers.map(([name]) => name)).toEqual(names.filter((name) => !without.includes(name)));
  expect(headers.filter(([, value]) => value === '')).toEqual([]);
});

/** Makes one delivery in each way that this tool has, and gives what the app answered. */
async function everySource(endpoint: string): Promise<Attempt[]> {
  const bench = startBench({ endpoints: [endpoint] });
  const sender = new CheckSender({
    ...{ store: bench.store, endpoint: parseEndpoint(endpoint), clock: systemClock, timeoutMs: 10_000 },
    ...{ signingKey: null, verify: createVerifier({}) },
  });
  const checked = await sender.prepare({
    ...{ jobId: 'j', body, contentType: 'application/json', signed: false },
  });
  await sender.attempt(checked);
  await sender.close();
  await bench.run('trigger', { event: 'parse.completed' });
  const bare = await bench.add(body); // one of a sender that said nothing of itself, not even its host
  await bench.run('replay', { id: [String(bare)] });
  return [1, 2, 3].flatMap((seq) => bench.store.attempts(seq));
}

test('an application on Rack answers 200 to each of them', async () => {
  const attempts = await everySource(await startSinatra());
  const answers = attempts.map(({ outcome }) => outcome.kind === 'response' && outcome.status);
  expect(answers).toEqual([200, 200, 200]);
});

test('they say who they are for, who they are from, and who made them', async () => {
  const app = await startApp();
  const [checked, triggered] = await everySource(app.url);
  const sent = (attempt: Attempt, name: string) => headerValue(attempt.request.headers as HeaderPair[], name);
  expect(sent(checked!, 'x-forwarded-host')).toBe(new URL(app.url).host);
  expect(sent(checked!, 'user-agent')).toMatch(/^reducto-webhook-dev\/.* \(check\)$/);
  expect(sent(triggered!, 'x-forwarded-host')).toBe('localhost');
  for (const { headers } of app.requests) expect(headers.filter(([, value]) => value === '')).toEqual([]);
});

test('source tells checks from triggers, in filters too', async () => {
  const app = await startApp();
  const bench = startBench({ endpoints: [app.url] });
  await bench.store.addDelivery(made);
  const { deliveries } = await bench.run('list', { filter: 'source:check' });
  expect(deliveries.map(({ source }) => source)).toEqual(['check']);
});
