import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { expect, test, vi } from 'vitest';
import { type CommandId, commands } from '../../src/runtime/commands/index.ts';
import { idempotent, racing, startHandler } from '../checks/handler.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, startCli } from '../support/cli.ts';

vi.setConfig({ testTimeout: 120_000 });

type Content = { text: string }[];
/** An agent: the SDK's own client on the built tool. */
async function startAgent(args: readonly string[], dataDir = tempDir()) {
  const ports = ['--port', '0', '--emulator-port', '0', '--tunnel', 'none', '--data', dataDir];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      bin,
      'mcp',
      ...args,
      ...(args.includes('--emulate') ? ports : ports.filter((_, i) => i !== 2 && i !== 3)),
    ],
    cwd: dataDir,
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  onCleanup(() => client.close());
  return {
    client,
    /** Text of the answer, and whether it is a failure. */
    async call(name: string, given: Record<string, unknown> = {}, onprogress?: (progress: Progress) => void) {
      const options = { timeout: 100_000, ...(onprogress && { onprogress }) };
      const { content, isError } = await client.callTool({ name, arguments: given }, undefined, options);
      const texts = (content as Content).map(({ text }) => text);
      return {
        failed: isError === true,
        texts,
        json: () => JSON.parse(texts.at(-1)!) as Record<string, unknown>,
      };
    },
  };
}

test('every command is a tool, or said to be none; what changes something is marked', async () => {
  const { client } = await startAgent([]);
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  const ids = (Object.keys(commands) as CommandId[]).map((id) => id.replaceAll('-', '_'));
  expect(ids.filter((id) => !names.includes(id))).toEqual(['check', 'scenario', 'copy', 'inspector', 'jobs']);
  expect(names.filter((name) => !ids.includes(name))).toEqual([
    ...['wait_for_delivery', 'public_url', 'run_check', 'explore', 'run_scenario', 'doctor'],
  ]);
  const marked = (hint: 'readOnlyHint' | 'destructiveHint'): string[] =>
    tools.filter(({ annotations }) => annotations?.[hint] === true).map(({ name }) => name);
  expect(marked('destructiveHint')).toEqual(['cancel', 'clear', 'end_job', 'expire_job']);
  expect(marked('readOnlyHint')).toEqual(
    expect.arrayContaining(['list', 'show', 'diff', 'check_runs', 'doctor']),
  );
  expect(marked('readOnlyHint')).not.toEqual(
    expect.arrayContaining(['replay', 'trigger', 'clear', 'run_check']),
  );
  for (const { inputSchema, description } of tools) {
    expect(inputSchema).toMatchObject({ type: 'object' });
    expect(Object.keys(inputSchema.properties ?? {})).not.toContain('secrets');
    expect(description).toMatch(/^[A-Z]/);
  }
});

test('a session: a delivery is waited for, looked at, read, and sent again; secrets are masked', async () => {
  const app = await startApp({ status: 500 });
  const { client, call } = await startAgent([String(app.port), '--emulate']);
  const waiting = call('wait_for_delivery', { filter: 'code:500', timeout: 60 });
  const sent = await call('trigger', {
    event: 'parse.completed',
    metadata: ['user_id=7', `text=${'x'.repeat(30_000)}`],
    secret: 's3cret',
  });
  expect(sent.failed).toBe(false);
  const { deliveries } = (await waiting).json() as { deliveries: { seq: number }[] };
  expect(deliveries).toMatchObject([{ seq: 1, status: 'Completed' }]);
  const shown = await call('show', { id: 'last' });
  expect(shown.texts[0]).toContain('characters more: read the resource delivery://');
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toContain('delivery://1');
  const parts = ['delivery://1/body', 'delivery://1/body?from=20000'].map(async (uri) => {
    const { contents } = await client.readResource({ uri });
    return (contents[0] as { text: string }).text;
  });
  const [first, second] = await Promise.all(parts);
  const body = JSON.parse(first!.replace(/\n….*$/s, '') + second!) as { metadata: Record<string, string> };
  expect(body.metadata).toMatchObject({ user_id: '7', secret: '••••••', text: 'x'.repeat(30_000) });
  app.answer = { status: 200 };
  const again = await call('replay', { id: ['1'] });
  expect(again.json()).toMatchObject({ outcomes: { 200: 1 } });
  const everything = [sent, shown, again].flatMap(({ texts }) => texts).join('');
  expect(everything).not.toContain('s3cret');
});

test('what is wrong is said to the agent, and ends nothing', async () => {
  const { client, call } = await startAgent([]);
  expect(await call('show', { id: '99' })).toMatchObject({
    failed: true,
    texts: [expect.stringMatching(/no delivery "99"/)],
  });
  expect((await call('list', { limit: 'x' })).texts[0]).toMatch(/^limit: /);
  const late = await call('wait_for_delivery', { timeout: 1 });
  expect([late.failed, late.texts[0]]).toEqual([true, expect.stringMatching(/^Only 0 of 1 came in 1 s/)]);
  await expect(client.callTool({ name: 'rm', arguments: {} })).rejects.toThrow(/There is no tool rm/);
  await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow(/no resource/);
  await expect(client.getPrompt({ name: 'make-handler-idempotent' })).rejects.toThrow(/needs url/);
  const { messages } = await client.getPrompt({ name: 'why-did-this-webhook-fail' });
  expect((messages[0]!.content as { text: string }).text).toContain('show with id "last"');
  expect((await call('public_url')).json()).toMatchObject({ url: null, state: 'off' });
});

test('a faulty handler is found out, mended as the report says, and proven', async () => {
  const faulty = await startHandler(racing);
  const { client, call } = await startAgent([]);
  const only = ['duplicate-sequential', 'duplicate-concurrent'];
  const seen: Progress[] = [];
  const bad = await call('run_check', { url: faulty.url, effectsUrl: faulty.stateUrl, only }, (step) =>
    seen.push(step),
  );
  const report = bad.json() as { passed: boolean; findings: { checks: string[]; fix: string }[] };
  expect(report).toMatchObject({ passed: false, findings: [{ checks: ['duplicate-concurrent'] }] });
  expect(report.findings[0]!.fix).toMatch(/insert|unique|claim/i);
  expect(bad.texts[0]).toMatch(/^NOT IDEMPOTENT/);
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.map(({ progress }) => progress)).toEqual(
    seen.map(({ progress }) => progress).toSorted((a, b) => a - b),
  );
  const mended = await startHandler(idempotent);
  const good = await call('run_check', { url: mended.url, effectsUrl: mended.stateUrl, only });
  expect(good.json()).toMatchObject({ passed: true, findings: [] });
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(expect.arrayContaining(['check-run://1', 'check-run://2']));
  const { contents } = await client.readResource({ uri: 'check-run://1' });
  expect((contents[0] as { text: string }).text).toContain('duplicate-concurrent');
});

test('it attaches to the listen that runs, and leaves it running', async () => {
  const dataDir = tempDir();
  const listening = startCli([], { dataDir });
  const { receiverUrl } = await listening.ready;
  const { client, call } = await startAgent([], dataDir);
  const waiting = call('wait_for_delivery', { filter: 'job:attached', after: 0, timeout: 60 });
  await fetch(`${receiverUrl}/hook`, { method: 'POST', body: '{"status":"Completed","job_id":"attached"}' });
  expect((await waiting).json()).toMatchObject({ deliveries: [{ jobId: 'attached', source: 'local' }] });
  await client.close();
  expect((await fetch(receiverUrl, { method: 'POST', body: '{}' })).status).toBe(200);
});
