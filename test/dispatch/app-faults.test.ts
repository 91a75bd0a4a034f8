import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook } from 'svix';
import { describe, expect, test } from 'vitest';
import { post } from '../receiver/raw-client.ts';
import { startReceiver, type TestReceiverOptions } from '../receiver/start.ts';
import { type AppRequest, startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { startRawApp } from '../support/raw-app.ts';
import { waitFor } from '../support/wait.ts';

const payload = {
  status: 'Completed',
  job_id: '204a39e4-1111-4222-8333-444455556666',
  metadata: { secret: 's3cret', user_id: '7' },
};
const body = JSON.stringify(payload);

interface Sent extends TestReceiverOptions {
  body?: string;
  headers?: readonly string[];
}

/** Sends one delivery that `faults` strike; gives what each side saw and what was recorded. */
async function strike(
  faults: string,
  count: number,
  { body: text = body, headers = [], ...options }: Sent = {},
) {
  const app = await startApp();
  const { port, attempts } = await startReceiver({ endpoints: [app.url], faults, ...options });
  const { status } = await post(port, text, { target: '/hook', headers });
  const requests = await app.received(count);
  const recorded = await attempts(Math.max(1, count));
  expect(recorded.map((attempt) => attempt.faults)).toEqual(
    Array.from({ length: Math.max(1, count) }, () => recorded[0]!.faults),
  );
  return { status, requests, recorded, faults: recorded[0]!.faults };
}

const json = ({ body: bytes }: AppRequest) => JSON.parse(bytes.toString()) as typeof payload;
const without = (request: AppRequest, ...names: string[]) =>
  request.headers.filter(([name]) => !names.includes(name.toLowerCase()));

describe('duplicates', () => {
  test('one after another, each byte for byte the same', async () => {
    const app = await startApp();
    const answers: (() => void)[] = [];
    app.answer = () => new Promise((resolve) => answers.push(() => resolve({})));
    const { port, attempts, store } = await startReceiver({ endpoints: [app.url], faults: 'duplicate=3' });
    const answered = post(port, body, { headers: ['svix-id: msg_1'] });
    for (let copy = 1; copy <= 4; copy++) {
      await app.received(copy);
      await waitFor(() => store.attempts(1).length >= copy);
      // While one is open no other one is begun: those of one instant would all be there by now.
      expect(store.attempts(1)).toHaveLength(copy);
      answers.at(-1)!();
    }
    await answered;
    const requests = await app.received(4);
    const recorded = await attempts(4);
    expect(recorded.map(({ reason }) => reason)).toEqual(['forward', 'duplicate', 'duplicate', 'duplicate']);
    for (const { faults } of recorded) expect(faults).toEqual(['duplicate=3']);
    for (const request of requests) {
      expect(request.body.toString()).toBe(body);
      expect(without(request, 'x-webhook-attempt')).toEqual(without(requests[0]!, 'x-webhook-attempt'));
    }
    expect(new Set(requests.map((request) => request.header('x-webhook-attempt'))).size).toBe(4);
  });

  test('all at the same instant', async () => {
    const app = await startApp();
    // None is answered before all are there: one after another they would wait for ever.
    app.answer = async () => {
      await waitFor(() => app.requests.length >= 20);
      return {};
    };
    const { port, attempts } = await startReceiver({
      endpoints: [app.url],
      faults: 'duplicate=19,concurrent:1',
    });
    expect((await post(port, body)).status).toBe(200);
    expect((await attempts(20)).map(({ faults }) => faults)).toEqual(
      Array.from({ length: 20 }, () => ['duplicate=19,concurrent']),
    );
    await post(port, body);
    await app.received(21);
    expect(app.requests).toHaveLength(21);
  });

  test('suffer the same as the first, at every endpoint', async () => {
    const [one, other] = [await startApp(), await startApp()];
    const { port } = await startReceiver({
      endpoints: [one.url, other.url],
      faults: 'duplicate=2 expired-job wrong-secret corrupt:1',
    });
    await post(port, body);
    await post(port, body);
    const bodies = [...(await one.received(6)), ...(await other.received(6))].map((request) =>
      request.body.toString(),
    );
    const [first, second] = [...new Set(bodies)];
    expect(bodies.filter((text) => text === first)).toHaveLength(6);
    expect(bodies.filter((text) => text === second)).toHaveLength(6);
  });
});

describe('timing', () => {
  test.each(['delay=30ms', 'jitter=20ms-40ms', 'delay=20ms jitter=10ms-10ms'])(
    '%s: the app gets it, and the record says so',
    async (fault) => {
      const { faults, status } = await strike(fault, 1);
      expect([status, faults.join(' ')]).toEqual([200, fault]);
    },
  );

  test('what is delayed stays away, and those that come after it do not wait for it', async () => {
    const app = await startApp();
    const { port, store } = await startReceiver({ endpoints: [app.url], faults: 'delay=1h:1' });
    const late = post(port, 'late').catch(() => null);
    await waitFor(() => store.count() === 1);
    await post(port, 'next');
    expect(app.requests.map((request) => request.body.toString())).toEqual(['next']);
    expect(store.attempts(1)).toEqual([]);
    onCleanup(async () => void (await late)); // stopping ends it
  });

  test('reorder lets a full window go in another order, one after another, the same for the same seed', async () => {
    const order = async (seed: number): Promise<string[]> => {
      const app = await startApp({ delayMs: 10 });
      const { port, deliveries } = await startReceiver({ endpoints: [app.url], faults: 'reorder=5', seed });
      const answers: Promise<unknown>[] = [];
      for (let i = 0; i < 5; i++) {
        expect(app.requests).toEqual([]); // nobody goes before the window is full
        answers.push(post(port, `${i}`));
        await waitFor(() => deliveries().length === i + 1);
      }
      await Promise.all(answers);
      return app.requests.map((request) => request.body.toString());
    };
    const [first, again, other] = [await order(3), await order(3), await order(4)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect([...first].sort()).toEqual(['0', '1', '2', '3', '4']);
    expect(first).not.toEqual(['0', '1', '2', '3', '4']);
  });

  test('reorder has a window for each endpoint, and lets go of one that does not fill', async () => {
    const [one, other] = [await startApp(), await startApp()];
    const { port, attempts } = await startReceiver({ endpoints: [one.url, other.url], faults: 'reorder=2' });
    const first = post(port, 'a');
    const second = post(port, 'b');
    await Promise.all([first, second]);
    expect((await one.received(2)).map(String)).toHaveLength(2);
    await other.received(2);
    await post(port, 'alone');
    expect((await one.received(3))[2]!.body.toString()).toBe('alone');
    expect((await attempts(2)).map(({ faults }) => faults)).toEqual([['reorder=2'], ['reorder=2']]);
  });

  test('what waits is let go of when the tool stops', async () => {
    const app = await startApp();
    const { port, dispatcher, newest, attempts } = await startReceiver({
      endpoints: [app.url],
      faults: 'delay=1h reorder=2',
    });
    void post(port, body).catch(() => undefined);
    await newest();
    await dispatcher.close();
    expect((await attempts(1))[0]!.outcome).toMatchObject({ code: 'cancelled' });
    expect(app.requests).toEqual([]);
  });
});

test('drop: the app never gets it, the sender is told 200, and both records say why', async () => {
  const app = await startApp();
  const { port, attempts, newest } = await startReceiver({ endpoints: [app.url], faults: 'drop:1' });
  expect((await post(port, body)).status).toBe(200);
  const [attempt] = await attempts(1);
  expect(attempt).toMatchObject({ faults: ['drop'], outcome: { kind: 'error', code: 'dropped' } });
  expect((await newest((delivery) => delivery.acknowledgement)).acknowledgement).toMatchObject({
    status: 200,
    by: 'tool',
    note: expect.stringMatching(/on purpose/),
  });
  await post(port, 'next');
  expect((await app.received(1)).map((request) => request.body.toString())).toEqual(['next']);
});

describe('on the wire', () => {
  const wire = async (faults: string, bodyBytes: number | null, options: TestReceiverOptions = {}) => {
    const app = await startRawApp(bodyBytes);
    const receiver = await startReceiver({ endpoints: [app.url], faults, ...options });
    const { status } = await post(receiver.port, body, { target: '/hook' });
    const [attempt] = await receiver.attempts(1);
    return { ...app.received(), status, attempt: attempt!, pieces: app.pieces };
  };

  test('truncate is a shorter body with a length that fits', async () => {
    const { head, body: got, status, attempt } = await wire('truncate=20', 20);
    expect(got.toString()).toBe(body.slice(0, 20));
    expect(head).toMatch(/^POST \/hook HTTP\/1\.1\r\n/);
    expect(head).toMatch(/\r\ncontent-length: 20(\r\n|$)/i);
    expect([status, attempt.faults, Buffer.from(attempt.requestBody!).toString()]).toEqual([
      200,
      ['truncate=20'],
      body.slice(0, 20),
    ]);
  });

  test('truncate to nothing, and to more than there is', async () => {
    expect((await wire('truncate=0', 0)).head).toMatch(/\r\ncontent-length: 0(\r\n|$)/i);
    expect((await wire('truncate=5000', body.length)).body.toString()).toBe(body);
  });

  test('corrupt is valid HTTP and broken JSON of the same length', async () => {
    const { head, body: got, attempt } = await wire('corrupt', body.length);
    expect(head).toMatch(new RegExp(`\\r\\ncontent-length: ${body.length}(\\r\\n|$)`, 'i'));
    expect(got).toHaveLength(body.length);
    expect(() => JSON.parse(got.toString())).toThrow(SyntaxError);
    expect([...got].filter((byte, i) => byte !== body.charCodeAt(i))).toEqual([0]);
    expect(attempt.faults).toEqual(['corrupt']);
  });

  test('slow-body trickles in at its speed, whole', async () => {
    const {
      head,
      body: got,
      pieces,
      status,
      attempt,
    } = await wire(`slow-body=${body.length * 2}/s`, body.length);
    expect(got.toString()).toBe(body);
    expect(head).toMatch(new RegExp(`\\r\\ncontent-length: ${body.length}(\\r\\n|$)`, 'i'));
    expect(head).not.toMatch(/chunked/i);
    expect(pieces.length).toBeGreaterThanOrEqual(4);
    expect([status, attempt.faults]).toEqual([200, [`slow-body=${body.length * 2}/s`]]);
  });

  test('slow-body that is too slow is a time-out, and is said to be one', async () => {
    const { status, attempt, body: got } = await wire('slow-body=10/s', null, { timeoutMs: 400 });
    expect(attempt.outcome).toMatchObject({ kind: 'error', code: 'timeout' });
    expect(status).toBe(504);
    expect(got.length).toBeLessThan(body.length);
  });
});

describe('content', () => {
  const changed = async (fault: string, options: Sent = {}) => {
    const { requests, faults } = await strike(fault, 1, options);
    return { got: json(requests[0]!), faults };
  };

  test('failed', async () => {
    expect(await changed('failed')).toEqual({ got: { ...payload, status: 'Failed' }, faults: ['failed'] });
  });

  test('unknown-status', async () => {
    expect((await changed('unknown-status')).got).toEqual({ ...payload, status: 'InProgress' });
    const own = await changed('unknown-status=completed');
    expect(own).toEqual({ got: { ...payload, status: 'completed' }, faults: ['unknown-status=completed'] });
  });

  test('extra-fields', async () => {
    const { got, faults } = await changed('extra-fields');
    expect(got).toMatchObject(payload);
    expect(Object.keys(got).length).toBeGreaterThan(Object.keys(payload).length);
    expect(faults).toEqual(['extra-fields']);
  });

  test('expired-job', async () => {
    const { got, faults } = await changed('expired-job');
    expect(got.job_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(got.job_id).not.toBe(payload.job_id);
    expect([{ ...got, job_id: payload.job_id }, faults]).toEqual([payload, ['expired-job']]);
  });

  test('wrong-secret', async () => {
    const { got, faults } = await changed('wrong-secret');
    expect(got.metadata.secret).toMatch(/^wrong-/);
    expect([got.metadata.user_id, faults]).toEqual(['7', ['wrong-secret']]);
  });

  test('wrong-secret where there is no metadata', async () => {
    for (const metadata of [null, undefined, {}]) {
      const { got, faults } = await changed('wrong-secret', {
        body: JSON.stringify({ ...payload, metadata }),
      });
      expect(got.metadata.secret).toMatch(/^wrong-/);
      expect(faults).toEqual(['wrong-secret']);
    }
  });

  test('no-secret', async () => {
    const { got, faults } = await changed('no-secret');
    expect([got, faults]).toEqual([{ ...payload, metadata: { user_id: '7' } }, ['no-secret']]);
  });

  test('several at once, each in the record', async () => {
    const { got, faults } = await changed('no-secret failed extra-fields');
    expect(got).toMatchObject({ status: 'Failed', metadata: { user_id: '7' } });
    expect(faults).toEqual(['failed', 'extra-fields', 'no-secret']);
  });

  test.each([
    ['failed', JSON.stringify({ ...payload, status: 'Failed' }), 'failed (no effect: it was so already)'],
    ['no-secret', '{"metadata":{}}', 'no-secret (no effect: it was so already)'],
    ['no-secret', '{"metadata":null}', 'no-secret (no effect: no JSON object to change it in)'],
    ['failed', 'no JSON', 'failed (no effect: no JSON object to change it in)'],
    ['wrong-secret', '[]', 'wrong-secret (no effect: no JSON object to change it in)'],
    ['bad-signature', body, 'bad-signature (no effect: the delivery carries no signature)'],
    ['stale-timestamp', body, 'stale-timestamp (no effect: the delivery carries no signature)'],
  ])('%s on %s says that it had no effect', async (fault, text, said) => {
    const { requests, faults } = await strike(fault, 1, { body: text });
    expect([requests[0]!.body.toString(), faults]).toEqual([text, [said]]);
  });
});

describe('signatures, judged by the svix and standardwebhooks libraries', () => {
  const svixSecret = `whsec_${Buffer.from('a key of 24 bytes length').toString('base64')}`;
  const svix = new Webhook(svixSecret);

  /** Sends a well signed delivery that `faults` strike. */
  const signed = async (faults: string, options: TestReceiverOptions = { svixSecret }) => {
    const now = new Date();
    const headers = [
      'svix-id: msg_1',
      `svix-timestamp: ${Math.floor(now.getTime() / 1000)}`,
      `svix-signature: ${svix.sign('msg_1', now, body)}`,
    ];
    const { requests, faults: marks } = await strike(faults, 1, { headers, ...options });
    const [request] = requests;
    const found = ['id', 'timestamp', 'signature'].map((name) => request!.header(`svix-${name}`)!);
    const [id, timestamp, signature] = found as [string, string, string];
    const text = request!.body.toString();
    const verdicts = [
      () => svix.verify(text, { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature }),
      () =>
        new StandardWebhook(svixSecret).verify(text, {
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signature,
        }),
    ].map((verify) => {
      try {
        verify();
        return 'good';
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(id).toBe('msg_1');
    return { verdicts, marks, timestamp: Number(timestamp), signature, text };
  };

  test('without a fault they are good', async () => {
    expect((await signed('delay=1ms')).verdicts).toEqual(['good', 'good']);
  });

  test.each(['failed', 'unknown-status', 'extra-fields', 'expired-job', 'wrong-secret', 'no-secret'])(
    '%s is signed anew: the content is all that is wrong',
    async (fault) => {
      const { verdicts, text, marks } = await signed(fault);
      expect([verdicts, marks]).toEqual([['good', 'good'], [fault]]);
      expect(text).not.toBe(body);
    },
  );

  test.each(['failed', 'wrong-secret'])(
    '%s without the secret spoils the signature, and says so',
    async (fault) => {
      const { verdicts, marks } = await signed(fault, {});
      for (const verdict of verdicts) expect(verdict).toMatch(/No matching signature/);
      expect(marks).toEqual([`${fault} (the signature is wrong now: not signed anew)`]);
    },
  );

  test.each(['truncate=30', 'corrupt'])(
    '%s happens on the way: the signature is not made to fit',
    async (fault) => {
      for (const verdict of (await signed(fault)).verdicts) expect(verdict).toMatch(/No matching signature/);
    },
  );

  test('bad-signature', async () => {
    for (const faults of ['bad-signature', 'failed bad-signature']) {
      const { verdicts, signature } = await signed(faults);
      for (const verdict of verdicts) expect(verdict).toMatch(/No matching signature/);
      expect(signature).toMatch(/^v1,[\w+/]{43}=$/); // well-formed, just not the one
    }
  });

  test.each([
    ['stale-timestamp', 600],
    ['stale-timestamp=301s', 301],
  ])('%s: the age is all that is wrong', async (fault, age) => {
    const before = Math.floor(Date.now() / 1000);
    const { verdicts, timestamp, signature, text, marks } = await signed(fault);
    for (const verdict of verdicts) expect(verdict).toMatch(/too old/);
    expect(timestamp).toBeGreaterThanOrEqual(before - age);
    expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000 - age);
    expect(signature).toBe(svix.sign('msg_1', new Date(timestamp * 1000), text));
    expect(marks).toEqual([fault.replace('301s', '301s')]);
  });

  test('stale-timestamp without the secret says that the signature is wrong too', async () => {
    const { verdicts, marks } = await signed('stale-timestamp', {});
    for (const verdict of verdicts) expect(verdict).toMatch(/too old|No matching/);
    expect(marks).toEqual(['stale-timestamp (the signature is wrong too: no --svix-secret)']);
  });

  test('stale-timestamp with bad-signature is both', async () => {
    const { signature, timestamp, text } = await signed('bad-signature stale-timestamp');
    expect(signature).not.toBe(svix.sign('msg_1', new Date(timestamp * 1000), text));
    expect(timestamp).toBeLessThan(Date.now() / 1000 - 300);
  });
});
