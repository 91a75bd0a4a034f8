import { expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { callCli, startCli } from '../support/cli.ts';

const metadata =
  '{"order":9007199254740993,"snowflake":1234567890123456789,"amount":10.0,"e":1E2,"2":"b","1":"a"}';
const body = `{"status":"Completed","job_id":"j-1","metadata":${metadata}}`;

test('numbers and the order of keys are shown, found and exported as they were written', async () => {
  const dataDir = tempDir();
  const cli = startCli([], { dataDir });
  const { receiverUrl } = await cli.ready;
  for (const sent of [body, body.replaceAll(',"', ',\n "'), body.replaceAll('1', '2')])
    expect((await fetch(receiverUrl, { method: 'POST', body: sent })).status).toBe(200);
  await cli.waitFor('delivery', (event) => JSON.stringify(event).includes('j-2'));
  expect(cli.lines.filter((line) => line.includes(`"metadata":${metadata}`))).toHaveLength(2);
  await cli.stop();

  const list = async (...args: string[]) =>
    (await callCli(['list', '--output', 'json', ...args], { dataDir })).stdout;
  expect((await list()).split(`"metadata":${metadata}`)).toHaveLength(3);
  for (const [filter, count] of [
    ['metadata.order:9007199254740993', 2],
    ['metadata.order:9007199254740992', 0],
    ['metadata.snowflake:1234567890123456789', 2],
    ['metadata.amount:10.0', 2],
    ['metadata.e:1E2', 2],
    ['metadata.1:a', 2],
  ] as const)
    expect((await list('--filter', filter)).split('"seq"').length - 1, filter).toBe(count);
  expect((await callCli(['show', '1', '--output', 'json'], { dataDir })).stdout).toContain(
    `"metadata":${metadata}`,
  );
});
