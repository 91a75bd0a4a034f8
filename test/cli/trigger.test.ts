import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'svix';
import { describe, expect, test, vi } from 'vitest';
import { triggerEvents } from '../../src/core/trigger-events.ts';
import { expectPublished } from '../emulator/schema.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const json = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('trigger, on its own', () => {
  test('lists its events', async () => {
    const { code, stdout } = await callCli(['trigger', '--list']);
    expect([code, stdout]).toEqual([0, `${Object.keys(triggerEvents).join('\n')}\n`]);
    expect(stdout).toContain('parse.completed\nparse.failed\n');
  });

  test("sends Reducto's three fields, with metadata and secret, and keeps the delivery", async () => {
    const app = await startApp();
    const dataDir = tempDir();
    const args = [
      '--metadata',
      'user_id=123',
      '--metadata',
      'note=a=b',
      '--secret',
      's3cret',
      '--path',
      '/hook?a=b',
    ];
    const { code, stdout } = await runCli(['trigger', 'split.failed', ...args, '--to', app.url], { dataDir });
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 sent, 0 failed')]);
    const [request] = await app.received(1);
    expect(request).toMatchObject({ method: 'POST', url: '/hook?a=b' });
    expect(request!.header('content-type')).toBe('application/json');
    expect(request!.header('x-forwarded-host')).toBe('localhost');
    expect(request!.body.toString()).toMatch(
      /^\{"status":"Failed","job_id":"[0-9a-f-]{36}","metadata":\{"user_id":"123","note":"a=b","secret":"s3cret"\}\}$/,
    );
    const list = await callCli(['list', '--output', 'json'], { dataDir });
    expect(json(list.stdout)).toMatchObject([
      { source: 'trigger', status: 'Failed', acknowledgement: { status: 200, by: 'app' } },
    ]);
  });

  test('sends a text as it is, and not beside a file', async () => {
    const app = await startApp();
    const args = ['trigger', '--body', '<ü>', '--to', app.url];
    expect((await callCli(args)).code).toBe(0);
    expect((await app.received(1))[0]!.body.toString()).toBe('<ü>');
    const { code, stderr } = await callCli([...args, '--payload', 'x.json']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Either --payload or --body')]);
  });

  test("sends a file's own bytes", async () => {
    const app = await startApp();
    const file = join(tempDir(), 'payload.json');
    const bytes = '{ "status" : "Completed",\n"job_id":"ü-1" }\n';
    writeFileSync(file, bytes);
    const { code } = await callCli(['trigger', '--payload', file, '--to', app.url]);
    expect(code).toBe(0);
    expect((await app.received(1))[0]!.body.toString()).toBe(bytes);
  });

  test('signs as Svix does, with the secret of its flag or of the environment', async () => {
    const app = await startApp();
    const [one, other] = [7, 8].map((byte) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`) as [
      string,
      string,
    ];
    const args = ['trigger', 'parse.completed', '--svix', '--to', app.url];
    expect((await callCli([...args, '--svix-secret', one])).code).toBe(0);
    expect((await callCli(args, { env: { SVIX_SECRET: other } })).code).toBe(0);
    const requests = await app.received(2);
    for (const [i, secret] of [one, other].entries()) {
      const { body, headers } = requests[i]!;
      expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toMatchObject({
        status: 'Completed',
      });
      expect(requests[i]!.header('svix-id')).toMatch(/^msg_[0-9A-Za-z]{27}$/);
    }
  });

  test('sends many, at a rate, with one job id or one for each, with faults', async () => {
    const app = await startApp();
    const send = (...args: string[]) =>
      callCli(['trigger', 'edit.completed', '--to', app.url, ...args, '--output', 'json']);
    const same = await send('--count', '3', '--rate', '50', '--job-id', 'J1');
    expect(json(same.stdout).at(-1)).toMatchObject({ sent: 3, failed: 0 });
    const ids = () => app.requests.map(({ body }) => JSON.parse(body.toString()).job_id as string);
    expect(ids()).toEqual(['J1', 'J1', 'J1']);
    await send('--count', '4');
    expect(new Set(ids().slice(3)).size).toBe(4);
    const doubled = await send('--fault', 'duplicate=2,concurrent');
    expect(json(doubled.stdout)).toHaveLength(4);
    expect(new Set(ids().slice(7)).size).toBe(1);
    expect(ids()).toHaveLength(10);
  });

  test('ends with 1 when the app fails', async () => {
    const app = await startApp({ status: 500 });
    const { code, stdout } = await callCli(['trigger', 'parse.completed', '--count', '2', '--to', app.url]);
    expect([code, stdout]).toEqual([1, expect.stringContaining('2 sent, 2 failed')]);
  });

  test.each<[string[], RegExp]>([
    [[], /Which event\? Use parse\.completed, /],
    [['nonsense'], /There is no event "nonsense"\. Use parse\.completed, /],
    [['parse.completed'], /Where to\? Say it with --to/],
    [['parse.completed', '--to', 'x'], /"x" is not a port/],
    [['parse.completed', '--to', '1', '--metadata', 'x'], /"x" is not KEY=VALUE/],
    [['parse.completed', '--to', '1', '--svix'], /give --svix-secret whsec_…/],
    [['parse.completed', '--to', '1', '--svix', '--svix-secret', 'x'], /Svix secret/],
    [['parse.completed', '--to', '1', '--fault', 'lost-ack'], /"lost-ack" hits the sender/],
    [['--to', '1', '--payload', '/no/such/file'], /\/no\/such\/file can't be read/],
  ])('refuses %j, and records nothing', async (args, message) => {
    const dataDir = tempDir();
    const { code, stdout, stderr } = await callCli(['trigger', ...args], { dataDir });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect((await callCli(['list'], { dataDir })).stdout).toBe('No deliveries.\n');
  });
});

describe('trigger, while the tool runs', () => {
  test('without an app is captured like any delivery', async () => {
    const cli = startCli(['--secret', 's3cret']);
    await cli.ready;
    const { code, stdout } = await runCli(
      ['trigger', 'parse.completed', '--count', '2', '--secret', 's3cret'],
      cli,
    );
    expect([code, stdout]).toEqual([0, '2 captured: there is no app to send to\n']);
    expect(await cli.waitFor('delivery')).toMatchObject({
      delivery: { source: 'trigger', verification: { secret: { verdict: 'ok' } } },
    });
    expect(await cli.waitFor('acknowledgement')).toMatchObject({ status: 200, by: 'tool' });
  });

  test('has a job that is there in the emulator, of the right type and status', async () => {
    const app = await startApp();
    const cli = startCli([app.url, '--emulate']);
    const { emulatorUrl } = await cli.ready;
    for (const [i, [event, { status, type }]] of Object.entries(triggerEvents).entries()) {
      expect((await callCli(['trigger', event, '--metadata', 'a=b'], cli)).code).toBe(0);
      const { job_id } = JSON.parse(app.requests[i]!.body.toString()) as { job_id: string };
      const job = await jobOf(emulatorUrl, job_id);
      expectPublished('GET /job/{job_id}', job);
      expect(job).toMatchObject({ status, result: status === 'Failed' ? null : expect.anything() });
      expect((job as { type: string }).type.toLowerCase()).toBe(type);
    }
  });

  test('with the same job id is of the same job, until it ends otherwise; a payload has its job too', async () => {
    const app = await startApp();
    const cli = startCli([app.url, '--emulate']);
    const { emulatorUrl } = await cli.ready;
    const trigger = async (...args: string[]): Promise<unknown> => {
      expect((await callCli(['trigger', ...args], cli)).code).toBe(0);
      return jobOf(emulatorUrl, 'J1');
    };
    const first = await trigger('parse.completed', '--job-id', 'J1', '--count', '3');
    expect(first).toMatchObject({ type: 'Parse', status: 'Completed' });
    expect(await trigger('parse.completed', '--job-id', 'J1')).toEqual(first);
    expect(await trigger('parse.failed', '--job-id', 'J1')).toMatchObject({
      type: 'Parse',
      status: 'Failed',
    });
    const file = join(tempDir(), 'payload.json');
    writeFileSync(file, '{"status":"Completed","job_id":"J1","metadata":{"x":1}}');
    expect(await trigger('--payload', file)).toMatchObject({ type: 'Parse', status: 'Completed' });
    expect(app.requests).toHaveLength(6);
  });
});

async function jobOf(emulatorUrl: string | null, id: string): Promise<unknown> {
  const answer = await fetch(`${emulatorUrl}/job/${id}`, { headers: { authorization: 'Bearer k' } });
  expect(answer.status).toBe(200);
  return answer.json();
}
