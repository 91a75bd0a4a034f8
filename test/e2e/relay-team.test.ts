import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { callCli, type RunningCli, runCli, startCli } from '../support/cli.ts';
import { startRelayProcess } from '../support/relay-process.ts';
import { waitFor } from '../support/wait.ts';

test('a team by one key: who leads answers, all pass it on as it comes, the next one leads after a kill, and no output has the key', async () => {
  const relay = await startRelayProcess({ args: ['--answer-within', '3s'] });
  const inbox = ['--tunnel', 'relay', '--relay', relay.url, '--inbox', 'box'];
  const open = async (cli: RunningCli): Promise<RunningCli> => {
    await cli.waitFor('tunnel', ({ state }) => state === 'open', 30_000);
    return cli;
  };
  const send = async (body: string): Promise<string> => {
    const answer = await fetch(`${relay.url}/in/box/hook`, { method: 'POST', body });
    return answer.ok ? await answer.text() : String(answer.status);
  };
  const [appA, appB] = [await startApp({ body: 'of A' }), await startApp({ body: 'of B' })];
  const gotBy = ({ requests }: typeof appA): string[] => requests.map(({ body }) => String(body));

  const a = await open(startCli([appA.url, ...inbox]));
  const key = (await runCli(['inbox', 'key', '--data', a.dataDir])).stdout.trim();
  expect(await send('alone')).toBe('of A');

  const asB = [appB.url, ...inbox, '--lead', '--catch-up', 'show'];
  const env = { REDUCTO_WEBHOOK_DEV_INBOX_KEY: key };
  const b = await open(startCli(asB, { env }));
  expect(await send('both')).toBe('of B');
  await waitFor(() => gotBy(appA).includes('both'));

  await b.kill();
  let missed = 0;
  await waitFor(async () => (await send(`missed ${missed++}`)) === 'of A', { timeoutMs: 30_000 });
  const again = await open(startCli(asB, { env, dataDir: b.dataDir }));
  expect(await send('at last')).toBe('of B');
  await waitFor(() => gotBy(appA).includes('at last'));
  // What came while it was away is shown, and goes to no app.
  await waitFor(() => again.events.filter(({ type }) => type === 'delivery').length === missed + 1);
  expect(gotBy(appB)).toEqual(['both', 'at last']);
  expect(new Set(gotBy(appA)).size).toBe(appA.requests.length);

  const wrong = startCli([...inbox, '--inbox-key', `x${key}`]);
  await wrong.waitFor('tunnel', ({ reason }) => String(reason).includes('somebody with another key'), 30_000);
  const listed = await callCli(['list', '--output', 'json', '--show-secrets'], { dataDir: a.dataDir });
  expect(listed.stdout).toContain('/hook');
  const said = [a, b, again, wrong].flatMap(({ lines, stderr }) => [...lines, stderr()]);
  const all = [...said, JSON.stringify(relay.log), listed.stdout].join('\n');
  expect(all).toContain('box');
  expect(all).not.toContain(key);
}, 120_000);
