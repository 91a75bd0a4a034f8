import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

// The files that a relay is run with are read by the programs that they are for.
test('the Caddyfile is one', async () => {
  const { stdout, stderr } = await run('caddy', [
    'adapt',
    '--config',
    'docs/relay/Caddyfile',
    '--adapter',
    'caddyfile',
  ]);
  expect(stderr).not.toMatch(/error/i);
  expect(JSON.stringify(JSON.parse(stdout))).toContain('127.0.0.1:8080');
});

test('the systemd unit is one', async () => {
  const { stderr } = await run('systemd-analyze', [
    'verify',
    '--man=no',
    'docs/relay/reducto-webhook-relay.service',
  ]);
  // It speaks of other units of the machine as well.
  expect(stderr.split('\n').filter((line) => line.includes('reducto-webhook-relay'))).toEqual([]);
});
