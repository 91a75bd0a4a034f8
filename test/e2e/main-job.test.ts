import { request } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { sign, signingKey } from '../../src/core/signature.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { callCli, startCli } from '../support/cli.ts';
import { startFlask } from '../support/flask.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const secret = 'a shared secret';
const payload = (jobId: string, given: unknown = secret): string =>
  JSON.stringify({ status: 'Completed', job_id: jobId, metadata: { secret: given, user_id: '123' } });

const post = async (url: string, body: string): Promise<{ status: number; json: unknown }> => {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { status: answer.status, json: await answer.json() };
};

/** POSTs to a public URL of the test's tunnel server, which is told the name by the Host header. */
function postPublic(
  publicUrl: string,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { host, port } = new URL(publicUrl);
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent: false,
        headers: { host, 'content-type': 'application/json', ...headers },
      },
      async (response) =>
        resolve({ status: response.statusCode!, body: Buffer.concat(await response.toArray()).toString() }),
    )
      .on('error', reject)
      .end(body);
  });
}

describe('a Flask handler that guards itself with a secret', () => {
  test('works on a delivery with the right one, and its refusal of another reaches the sender', async () => {
    const flask = await startFlask({ secret });
    const cli = startCli([flask.webhookUrl, '--secret', secret]);
    const { receiverUrl } = await cli.ready;

    expect(await post(`${receiverUrl}/anything`, payload('job-1'))).toEqual({
      status: 200,
      json: { received: true },
    });
    expect(await post(receiverUrl, payload('job-1'))).toEqual({
      status: 200,
      json: { received: true, duplicate: true },
    });
    expect(await post(receiverUrl, payload('job-2', 'wrong'))).toEqual({
      status: 401,
      json: { error: 'unauthorized' },
    });
    expect((await post(receiverUrl, payload('job-3', null))).status).toBe(401);
    expect(await flask.processed()).toEqual(['job-1']);

    const verdict = async (seq: number): Promise<unknown> => {
      const event = await cli.waitFor(
        'delivery',
        ({ delivery }) => (delivery as { seq: number }).seq === seq,
      );
      return (event.delivery as { verification: { secret: { verdict: string } } }).verification.secret
        .verdict;
    };
    expect(await verdict(1)).toBe('ok');
    expect(await verdict(3)).toBe('mismatch');
    expect(await verdict(4)).toBe('missing');
  });

  test('is not even asked with --reject-unverified', async () => {
    const flask = await startFlask({ secret });
    const cli = startCli([flask.webhookUrl, '--secret', secret, '--reject-unverified']);
    const { receiverUrl } = await cli.ready;
    expect((await post(receiverUrl, payload('job-1', 'wrong'))).status).toBe(401);
    expect((await post(receiverUrl, payload('job-2'))).status).toBe(200);
    expect(flask.log()).not.toContain('refused');
  });
});

describe('through a real localtunnel server', () => {
  test('a payload sent to the public URL reaches the handler, and the person sees it happen', async () => {
    const [server, flask] = await Promise.all([startLocaltunnelServer(), startFlask({ secret })]);
    const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const cli = startCli([
      flask.webhookUrl,
      ...['--secret', secret, '--svix-secret', svixSecret],
      ...['--tunnel', 'localtunnel', '--tunnel-host', server.url],
    ]);
    const { publicUrl: early } = await cli.ready;
    expect(early).toBeNull();
    const { url } = await cli.waitFor('tunnel', ({ state }) => state === 'open');
    const publicUrl = String(url);
    expect(publicUrl).toMatch(/^http:\/\/reducto-[a-z0-9]{10}\.lt\.localhost/);

    const body = payload('job-1');
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = sign(signingKey(svixSecret), 'msg_1', timestamp, Buffer.from(body));
    const answer = await postPublic(publicUrl, '/any/path?x=%zz', body, {
      'svix-id': 'msg_1',
      'svix-timestamp': String(timestamp),
      'svix-signature': signature,
    });
    expect(answer).toEqual({ status: 200, body: expect.stringMatching(/"received": ?true/) });
    expect(await flask.processed()).toEqual(['job-1']);
    expect((await postPublic(publicUrl, '/', payload('job-2', 'wrong'))).status).toBe(401);

    const { delivery } = await cli.waitFor('delivery');
    expect(delivery).toMatchObject({
      source: 'tunnel',
      method: 'POST',
      target: '/any/path?x=%zz',
      jobId: 'job-1',
      verification: { secret: { verdict: 'ok' }, svix: { verdict: 'ok' } },
    });
    expect(await cli.waitFor('attempt')).toMatchObject({
      attempt: { outcome: { kind: 'response', status: 200 } },
    });
    expect(await cli.waitFor('acknowledgement')).toMatchObject({ deliverySeq: 1, status: 200, by: 'app' });

    // The probes that proved the URL are no deliveries.
    const { stdout } = await callCli(['list', '--output', 'json'], { dataDir: cli.dataDir });
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('only the receiver can be reached', async () => {
    const server = await startLocaltunnelServer();
    const cli = startCli(['--tunnel', 'localtunnel', '--tunnel-host', server.url]);
    await cli.ready;
    const { url } = await cli.waitFor('tunnel', ({ state }) => state === 'open');
    const lock = readLock(cli.dataDir)!;
    for (const path of ['/api/status', '/api/commands/list', `${lock.apiUrl}/api/status`]) {
      const answer = await postPublic(String(url), path, '{}', { authorization: `Bearer ${lock.token}` });
      // What the receiver answers to anything, with no endpoint: never what the API would.
      expect(answer).toEqual({ status: 200, body: '{}' });
    }
    const { stdout } = await callCli(['list', '--filter', 'source:tunnel', '--output', 'json'], {
      dataDir: cli.dataDir,
    });
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  test('the public URL is the same tomorrow', async () => {
    const server = await startLocaltunnelServer();
    const open = async (dataDir?: string) => {
      const cli = startCli(
        ['--tunnel', 'localtunnel', '--tunnel-host', server.url],
        dataDir ? { dataDir } : {},
      );
      const { url } = await cli.waitFor('tunnel', ({ state }) => state === 'open', 30_000);
      await cli.stop();
      return { url, dataDir: cli.dataDir };
    };
    const today = await open();
    expect((await open(today.dataDir)).url).toBe(today.url);
  }, 60_000);
});
