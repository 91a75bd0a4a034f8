import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/core/damage.ts';
import { FileBackend } from '../../src/relay/file-backend.ts';
import { pagesWith } from '../store/damaged.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { newListener, relayedRequest } from '../support/relay.ts';

const hour = 3_600_000;
const never = new AbortController().signal;

/** A backend whose time is set by the test. */
function open(dataDir = tempDir(), quota = {}) {
  const clock = { at: Date.UTC(2026, 0, 1), now: () => clock.at };
  const lost: Loss[] = [];
  const backend = new FileBackend({
    ...{ dataDir, clock, maxBytes: 1e6 },
    quota: { inboxes: 1000, deliveries: 1000, bytes: 1e8, keepMs: 7 * 24 * hour, ...quota },
    onLoss: (loss) => lost.push(loss),
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= backend.close();
    return closed;
  };
  onCleanup(close);
  const keep = async (...ids: string[]): Promise<void> => {
    for (const id of ids) await backend.keep('box', relayedRequest({ id, at: clock.now() }));
  };
  /** Takes for a listener all that is there. */
  const takeAll = async (listener: string): Promise<string[]> => {
    const follower = await backend.follow('box', listener);
    const ids: string[] = [];
    for (let left = follower.waiting; left > 0; left -= 1) {
      const kept = (await follower.next(never))!;
      ids.push(kept.request.id);
      kept.done();
    }
    await follower.close();
    return ids;
  };
  return { backend, clock, dataDir, lost, close, keep, takeAll };
}

describe('a delivery is kept', () => {
  test('a day at least, and then until each listener that was seen of late has it', async () => {
    const { backend, clock, keep, takeAll } = open();
    const [here, away] = [newListener(), newListener()];
    await takeAll(away);
    await keep('a');
    expect(await takeAll(here)).toEqual(['a']);
    clock.at += 25 * hour;
    await takeAll(here);
    await backend.sweep();
    expect(await takeAll(away)).toEqual(['a']);
    await backend.sweep();
    // Nobody lacks it now, so it is gone: one who starts at the beginning finds nothing.
    const { waiting } = await backend.follow('box', newListener());
    expect(waiting).toBe(0);
  });

  test('not for a listener that was not seen for longer than --keep', async () => {
    const { backend, clock, keep, takeAll } = open();
    const [here, gone] = [newListener(), newListener()];
    await takeAll(gone);
    await keep('a');
    await takeAll(here);
    clock.at += 8 * 24 * hour;
    await takeAll(here);
    await backend.sweep();
    expect(await takeAll(gone)).toEqual([]);
  });

  test('for --keep where nobody listens at all', async () => {
    const { backend, clock, keep, takeAll } = open();
    await keep('a');
    clock.at += 6 * 24 * hour;
    await backend.sweep();
    await keep('b');
    clock.at += 2 * 24 * hour;
    await backend.sweep();
    expect(await takeAll(newListener())).toEqual(['b']);
  });

  test('thousands go in one look', async () => {
    const { backend, clock } = open(tempDir(), { deliveries: 10_000 });
    await Promise.all(
      Array.from({ length: 2500 }, () => backend.keep('box', relayedRequest({ at: clock.now() }))),
    );
    clock.at += 8 * 24 * hour;
    await backend.sweep();
    expect((await backend.follow('box', newListener())).waiting).toBe(0);
  });
});

test('after everything was removed and the process began anew, nothing that comes is passed over', async () => {
  const first = open();
  const listener = newListener();
  await first.keep('a', 'b', 'c');
  await first.takeAll(listener);
  first.clock.at += 25 * hour;
  await first.takeAll(listener);
  await first.backend.sweep();
  await first.close();
  const second = open(first.dataDir);
  second.clock.at = first.clock.at;
  await second.keep('d');
  expect(await second.takeAll(listener)).toEqual(['d']);
});

test('a new listener starts where the one furthest ahead is, who is connected', async () => {
  const { backend, keep } = open();
  const ahead = await backend.follow('box', newListener());
  await keep('a', 'b');
  (await ahead.next(never))!.done();
  expect((await backend.follow('box', newListener())).waiting).toBe(1);
});

test('what could not be taken comes again before what follows it, and nothing follows meanwhile', async () => {
  const { backend, keep } = open();
  const follower = await backend.follow('box', newListener());
  await keep('a', 'b');
  (await follower.next(never))!.again();
  const next = await follower.next(never);
  expect(next!.request.id).toBe('a');
  next!.done();
  expect((await follower.next(never))!.request.id).toBe('b');
});

describe('an inbox that is full', () => {
  test.each([
    ['deliveries', { deliveries: 3 }],
    ['bytes', { bytes: 500 }],
  ])('of %s lets go of what all have, and else refuses', async (_, quota) => {
    const { backend, keep, takeAll } = open(tempDir(), quota);
    const listener = newListener();
    await takeAll(listener);
    const fill = async (): Promise<number> => {
      for (let count = 0; ; count += 1) {
        try {
          await keep(`${count}`);
        } catch (error) {
          expect(error).toMatchObject({ code: 'inbox-full' });
          return count;
        }
      }
    };
    const fits = await fill();
    expect(fits).toBeGreaterThan(0);
    await backend.keep('other', relayedRequest());
    await takeAll(listener);
    expect(await fill()).toBe(fits);
  });
});

test("a damaged file is moved aside, and no name is anybody else's for it", async () => {
  const first = open();
  const names = Array.from({ length: 300 }, (_, i) => `inbox-${i}`);
  await Promise.all(names.map((name) => first.backend.claim(name, `digest of ${name}`.padEnd(64))));
  await Promise.all(Array.from({ length: 100 }, (_, i) => first.keep(`${i}`.padStart(90, 'x'))));
  await first.close();
  const path = join(first.dataDir, 'relay.db');
  const whole = readFileSync(path);
  const lost: Loss[] = [];
  for (const page of pagesWith(whole, 'inbox-150')) {
    const dataDir = tempDir();
    const damaged = Buffer.from(whole);
    damaged.fill('junk', page, page + 4096);
    writeFileSync(join(dataDir, 'relay.db'), damaged);
    const second = open(dataDir);
    for (const name of names)
      expect([name, await second.backend.claim(name, 'of somebody else'.padEnd(64))]).toEqual([
        name,
        'taken',
      ]);
    lost.push(...second.lost);
    await second.close();
  }
  expect(lost).toMatchObject([{ kind: 'moved', saved: 100, of: 100 }]);
});
