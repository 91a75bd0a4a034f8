import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { claim } from '../../src/inspector/claim.ts';
import { RemoteSession } from '../../src/inspector/client.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { runCommand } from '../../src/inspector/run-command.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { backTo, busyWith } from '../support/leaks.ts';
import { waitFor } from '../support/wait.ts';

const settings = { endpoints: [], svixSecret: undefined, timeoutMs: 1000 };

test('a claim that is released has nothing open, whoever was connected', async () => {
  const dataDir = tempDir();
  const before = busyWith();
  const claimed = await claim(dataDir);
  if ('owner' in claimed) throw new Error('taken');
  let begun = false;
  claimed.api.serve({
    status: () => ({ work: [] }),
    run() {
      begun = true;
      return new Promise(() => undefined);
    },
  });
  const owner = readLock(dataDir)!;
  const session = new RemoteSession(owner);
  await session.status();
  const idle = connect(Number(new URL(owner.apiUrl).port), '127.0.0.1');
  onCleanup(() => idle.destroy());
  await once(idle, 'connect');
  // One whose command never ends: it is told so, when the owner goes.
  const lost = expect(session.run('list', {})).rejects.toMatchObject({ code: 'no-answer' });
  await waitFor(() => begun);
  await claimed.release();
  await lost;
  expect(readLock(dataDir)).toBeNull();
  await backTo(before);
});

test('who is refused a claim, and commands here and elsewhere, leave nothing open', async () => {
  const dataDir = tempDir();
  const before = busyWith();
  const claimed = await claim(dataDir);
  if ('owner' in claimed) throw new Error('taken');
  expect(await claim(dataDir, { patienceMs: 0 })).toMatchObject({
    owner: { pid: process.pid },
    ready: false,
  });
  await expect(runCommand(dataDir, 'list', {}, { ...settings, patienceMs: 0 })).rejects.toMatchObject({
    code: 'no-answer',
  });
  await claimed.release();
  for (let i = 0; i < 5; i++)
    expect(await runCommand(dataDir, 'list', {}, settings)).toEqual({ deliveries: [] });
  await backTo(before);
});
