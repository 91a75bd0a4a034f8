import { describe, expect, test } from 'vitest';
import { probeHeader, probePath } from '../../src/core/probe.ts';
import { sign, signingKey } from '../../src/core/signature.ts';
import { startApp } from '../support/app.ts';
import { freePort } from '../support/flask.ts';
import { waitFor } from '../support/wait.ts';
import { exchange, post } from './raw-client.ts';
import { gate, startReceiver } from './start.ts';

const payload = (metadata: unknown = null): string =>
  JSON.stringify({ status: 'Completed', job_id: 'job-1', metadata });

describe('without an endpoint', () => {
  test('every delivery is answered 200', async () => {
    const { port, newest } = await startReceiver();
    const { status, body } = await post(port, payload());
    expect([status, body.toString()]).toEqual([200, '{}']);
    expect((await newest()).acknowledgement).toMatchObject({ status: 200, by: 'tool' });
  });

  test('a browser sees what this URL is, and nothing of what was captured', async () => {
    const { port, newest, deliveries } = await startReceiver();
    await post(port, payload({ user: 'someone-captured', secret: 's3cret' }), { target: '/captured-path' });
    const page = await exchange(port, ['GET / HTTP/1.1', 'Host: x', 'Accept: text/html,*/*', 'Cookie: a=b']);
    expect(page.status).toBe(200);
    expect(page.header('content-type')).toMatch(/^text\/html/);
    const text = page.body.toString();
    expect(text).toContain('receives webhooks');
    for (const captured of [
      'job-1',
      'someone-captured',
      's3cret',
      'captured-path',
      'dlv_',
      ...deliveries().map(({ id }) => id),
    ])
      expect(text).not.toContain(captured);
    // The same bytes for everybody, whatever has come in meanwhile.
    const again = await exchange(port, ['GET / HTTP/1.1', 'Host: x', 'Accept: text/html']);
    expect(again.body).toEqual(page.body);
    expect((await newest()).acknowledgement?.note).toMatch(/browser/);
  });

  test.each([
    ['POST / HTTP/1.1', 'text/html'],
    ['GET /other HTTP/1.1', 'text/html'],
    ['GET / HTTP/1.1', '*/*'],
  ])('the page is not for %s with accept %s', async (line, accept) => {
    const { port } = await startReceiver();
    const response = await exchange(port, [line, 'Host: x', `Accept: ${accept}`]);
    expect(response.header('content-type')).toBe('application/json');
  });
});

describe('the answer to the sender', () => {
  test("is the app's own by default", async () => {
    const app = await startApp({ status: 418, headers: [['X-App', 'yes']], body: 'short and stout' });
    const { port, newest } = await startReceiver({ endpoints: [app.url] });
    const response = await post(port, payload());
    expect(response).toMatchObject({ status: 418, body: Buffer.from('short and stout') });
    expect(response.header('x-app')).toBe('yes');
    expect((await newest(({ acknowledgement }) => acknowledgement)).acknowledgement).toMatchObject({
      status: 418,
      by: 'app',
      note: null,
    });
  });

  test('does not wait for the app with "now"', async () => {
    const app = await startApp('hang');
    const { port, newest } = await startReceiver({ endpoints: [app.url], ack: 'now' });
    expect((await post(port)).status).toBe(200);
    await app.received(1);
    expect((await newest()).acknowledgement).toMatchObject({ status: 200, by: 'tool', note: '--ack now' });
  });

  test.each([204, 302, 401, 500, 503])('is the fixed status %d, whatever the app says', async (ack) => {
    const app = await startApp({ status: 200, body: 'fine' });
    const { port, newest, attempts } = await startReceiver({ endpoints: [app.url], ack });
    expect((await post(port)).status).toBe(ack);
    expect((await newest()).acknowledgement).toMatchObject({ status: ack, by: 'tool', note: `--ack ${ack}` });
    expect((await attempts(1))[0]?.outcome).toMatchObject({ status: 200 });
  });

  test('is a fixed status without an endpoint too', async () => {
    const { port } = await startReceiver({ ack: 503 });
    expect((await post(port)).status).toBe(503);
  });

  test("is the first endpoint's, without waiting for a slow second one", async () => {
    const released = gate();
    const first = await startApp({ status: 201, body: 'first' });
    const second = await startApp(async () => {
      await released.passed;
      return { status: 500, body: 'second' };
    });
    const { port, attempts } = await startReceiver({ endpoints: [first.url, second.url] });
    const { status, body } = await post(port, payload());
    expect([status, body.toString()]).toEqual([201, 'first']);
    await second.received(1);
    released.open();
    expect(
      (await attempts(2)).map(({ endpoint, outcome }) => [endpoint, (outcome as { status: number }).status]),
    ).toEqual([
      [first.url, 201],
      [second.url, 500],
    ]);
    expect(second.requests[0]?.body).toEqual(first.requests[0]?.body);
  });

  test("is the first endpoint's when the second is down, and 502 when the first is, though the second took it", async () => {
    const app = await startApp({ status: 202 });
    const down = `http://127.0.0.1:${await freePort()}`;
    const upFirst = await startReceiver({ endpoints: [app.url, down] });
    expect((await post(upFirst.port)).status).toBe(202);
    const downFirst = await startReceiver({ endpoints: [down, app.url] });
    expect((await post(downFirst.port)).status).toBe(502);
    expect((await downFirst.attempts(2)).map(({ outcome }) => outcome.kind)).toEqual(['error', 'response']);
  });

  test('is never followed by a second one: each delivery ends with one acknowledgement', async () => {
    const app = await startApp();
    const { port, store, attempts } = await startReceiver({ endpoints: [app.url] });
    const seen: string[] = [];
    store.subscribe((change) => void seen.push(change.type));
    await post(port);
    await attempts(1);
    await post(port, '{}', { target: '/second' });
    await attempts(1);
    const acknowledgements = (): number => seen.filter((type) => type === 'acknowledgement').length;
    await waitFor(() => acknowledgements() > 1, { what: 'both acknowledgements' });
    expect(acknowledgements()).toBe(2);
  });
});

describe("the tunnel's probe", () => {
  const probe = (nonce: string): string[] => [
    `GET ${probePath} HTTP/1.1`,
    'Host: x',
    `${probeHeader}: ${nonce}`,
  ];

  test('is answered for a nonce that is outstanding, and not recorded', async () => {
    const { port, deliveries } = await startReceiver({
      answerProbe: (nonce) => (nonce === 'n1' ? 'proof' : null),
    });
    const { status, body } = await exchange(port, probe('n1'));
    expect([status, body.toString()]).toEqual([200, 'proof']);
    expect(deliveries()).toEqual([]);
  });

  test('is a delivery like any other with a nonce of its own making, or none', async () => {
    const app = await startApp({ status: 404 });
    const { port, deliveries } = await startReceiver({ answerProbe: () => null, endpoints: [app.url] });
    expect((await exchange(port, probe('guess'))).status).toBe(404);
    expect((await exchange(port, [`GET ${probePath} HTTP/1.1`, 'Host: x'])).status).toBe(404);
    expect(deliveries().map(({ target }) => target)).toEqual([probePath, probePath]);
  });

  test('nonce on another path is just a header', async () => {
    const { port, newest } = await startReceiver({ answerProbe: () => 'proof' });
    const { body } = await exchange(port, ['GET /webhook HTTP/1.1', 'Host: x', `${probeHeader}: n1`]);
    expect(body.toString()).toBe('{}');
    expect((await newest()).target).toBe('/webhook');
  });
});

describe('verification', () => {
  const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const signed = (body: string, { at = Date.now(), key = svixSecret } = {}): string[] => {
    const timestamp = Math.floor(at / 1000);
    const signature = sign(signingKey(key), 'msg_1', timestamp, Buffer.from(body));
    return ['svix-id: msg_1', `svix-timestamp: ${timestamp}`, `svix-signature: ${signature}`];
  };
  const good = payload({ secret: 's3cret' });
  const cases: [verdict: string, body: string, headers: string[]][] = [
    ['secret missing', payload({}), signed(payload({}))],
    ['secret mismatch', payload({ secret: 'wrong' }), signed(payload({ secret: 'wrong' }))],
    ['svix missing', good, []],
    ['svix expired timestamp', good, signed(good, { at: Date.now() - 400_000 })],
    ['svix bad signature', good, signed('another body')],
  ];
  const secrets = { secret: 's3cret', svixSecret };

  test.each(cases)('that says "%s" does not hold a delivery up', async (expected, body, headers) => {
    const app = await startApp({ status: 201 });
    const { port, newest } = await startReceiver({ ...secrets, endpoints: [app.url] });
    expect((await post(port, body, { headers })).status).toBe(201);
    const { verification } = await newest();
    const said = Object.entries(verification).map(([name, verdict]) => `${name} ${verdict?.verdict}`);
    expect(said).toContain(expected);
    expect(app.requests[0]?.body.toString()).toBe(body);
  });

  test.each(cases)(
    'that says "%s" is a 401 and the end with --reject-unverified',
    async (expected, body, headers) => {
      const app = await startApp();
      const { port, newest, store } = await startReceiver({
        ...secrets,
        rejectUnverified: true,
        endpoints: [app.url],
      });
      const response = await post(port, body, { headers });
      expect(response.status).toBe(401);
      expect(response.body.toString()).toContain(expected.replace(/^\w+ /, ''));
      expect(response.body.toString()).not.toContain('s3cret');
      const { acknowledgement, seq } = await newest();
      expect(acknowledgement).toMatchObject({ status: 401, by: 'tool' });
      // The app gets the next one, and so has never got this one.
      expect((await post(port, good, { headers: signed(good) })).status).toBe(200);
      expect(app.requests).toHaveLength(1);
      expect(store.attempts(seq)).toEqual([]);
    },
  );

  test('that rejects goes before --ack', async () => {
    const { port } = await startReceiver({ secret: 's', rejectUnverified: true, ack: 200 });
    expect((await post(port)).status).toBe(401);
  });

  test('rejects nothing when there is no secret to verify with', async () => {
    const { port } = await startReceiver({ rejectUnverified: true });
    expect((await post(port)).status).toBe(200);
  });
});
