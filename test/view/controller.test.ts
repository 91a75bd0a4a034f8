import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { describeCommands } from '../../src/runtime/describe.ts';
import type { Waiting } from '../../src/runtime/session.ts';
import { createView, type View } from '../../src/view/controller.ts';
import { visibleRows } from '../../src/view/list.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

let session: FakeSession;
let view: View;

beforeEach(() => {
  vi.useFakeTimers();
  session = new FakeSession(50);
  view = createView(session);
});

afterEach(() => {
  view.close();
  vi.useRealTimers();
});

const settled = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const type = (text: string): void => {
  for (const char of text) view.key(char, char);
};
const ran = (id: string): unknown[] => session.ran.filter((one) => one.id === id).map(({ args }) => args);

test('opens, walks to the neighbours, and comes back to the same tab', async () => {
  await settled();
  view.key('enter');
  await settled();
  expect(view.state().detail?.data?.delivery.seq).toBe(50);
  view.key('3');
  view.key(']');
  await settled();
  expect([view.state().detail?.seq, view.state().detail?.tab]).toEqual([49, 'attempts']);
  view.key('esc');
  view.key('enter');
  expect(view.state().detail?.tab).toBe('attempts');
});

test('a filter is checked while it is typed, applied with Enter, and removed with Esc', async () => {
  await settled();
  view.key('/', '/');
  type('status:');
  expect(view.state().filter.error).toMatchObject({ message: expect.stringContaining('value is missing') });
  view.key('enter');
  expect(view.state().filter.editor?.text).toBe('status:');
  type('failed');
  expect(view.state().filter.error).toBeNull();
  view.key('enter');
  await settled();
  expect(view.state().filter).toMatchObject({ applied: 'status:failed', matches: 9, editor: null });
  expect(visibleRows(view.state().list).every(({ status }) => status === 'Failed')).toBe(true);
  view.key('esc');
  await settled();
  expect(view.state().filter.applied).toBe('');
  expect(visibleRows(view.state().list)[0]?.seq).toBe(50);
});

test('secrets are asked for only while they are shown', async () => {
  await settled();
  view.key('j');
  view.key('j');
  view.key('enter');
  await settled();
  expect(view.state().detail?.data?.delivery.body.masked).toBe(true);
  view.key('s');
  await settled();
  expect(view.state().detail?.data?.delivery.body.data).toContain('hunter48');
  view.key('y');
  await settled();
  expect(ran('copy')).toEqual([{ what: 'curl', id: '48', secrets: true }]);
  expect(view.state().notice?.text).toBe('Copied #48 as curl');
  view.key('s');
  view.key('y');
  await settled();
  expect(view.state().notice?.text).toBe(
    'Copied #48 as curl · secrets masked; press s first to include them',
  );
});

test('without a clipboard the text is shown', async () => {
  await settled();
  session.clipboard = false;
  view.key('c');
  await settled();
  expect(view.state().notice?.text).toBe('No clipboard here: https://calm-otter-42.loca.lt');
  view.key('y');
  await settled();
  expect(view.state().sheet?.content).toMatchObject({
    kind: 'text',
    text: expect.stringMatching(/^curl -X POST/),
  });
});

test('a replay tells of its progress and result, and the row is read again', async () => {
  await settled();
  view.key('j');
  view.key('r');
  expect(view.state().notice?.text).toBe('replaying #49 …');
  await settled(100);
  expect(view.state().notice).toMatchObject({ text: 'Replayed #49: 200 in 7 ms', tone: 'good' });
  expect(visibleRows(view.state().list)[1]?.attempts).toBe(2);
  await settled(10_000);
  expect(view.state().notice).toBeNull();
});

test('clear asks first', async () => {
  await settled();
  view.key('x');
  expect(view.state().question?.text).toBe('Remove all 50 deliveries and their attempts?');
  view.key('n');
  await settled();
  expect(ran('clear')).toEqual([]);
  view.key('x');
  view.key('y');
  await settled(100);
  expect(view.state().list.rows).toEqual([]);
  expect(view.state().notice?.text).toBe('Removed 50 deliveries');
});

test('what the user can act on is told in a line; a bug ends the screen', async () => {
  await settled();
  session.set({ tunnel: { ...session.current.tunnel, url: null, state: 'opening' } });
  await settled();
  view.key('c');
  await settled();
  expect(view.state().notice).toMatchObject({ text: 'There is no public URL yet.', tone: 'plain' });
  vi.spyOn(session, 'run')
    .mockRejectedValueOnce(new UserError('x', 'Try later.'))
    .mockRejectedValueOnce(new Error('bug'));
  view.key('r');
  await settled();
  expect(view.state().notice?.text).toBe('Try later.');
  view.key('r');
  await expect(view.done).rejects.toThrow('bug');
});

test('a question that is not answered yet is given up for another filter, and nothing is told of it', async () => {
  await settled();
  const { run } = session;
  const waited: AbortSignal[] = [];
  vi.spyOn(session, 'run').mockImplementation((id: string, args: unknown, caller?: Waiting) => {
    if (!JSON.stringify(args).includes('slow')) return run.call(session, id, args);
    waited.push(caller!.signal!);
    return new Promise((_, reject) => {
      caller!.signal!.addEventListener('abort', () => reject(new UserError('cancelled', 'Cancelled.')));
    });
  });
  view.key('/', '/');
  type('slow');
  view.key('enter');
  await settled(5000);
  expect(waited.map(({ aborted }) => aborted)).toEqual([false, false]);
  view.key('/', '/');
  for (const _ of 'slow') view.key('backspace');
  type('status:failed');
  view.key('enter');
  await settled();
  expect(waited.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(view.state()).toMatchObject({ filter: { applied: 'status:failed', matches: 9 }, notice: null });
  expect(view.state().list.rows).toHaveLength(9);
});

test('a burst is gathered: few questions, few drawings, and keys act at once', async () => {
  await settled();
  view.key('j');
  await settled(100);
  session.ran = [];
  let drawn = 0;
  view.subscribe(() => drawn++);
  for (let i = 0; i < 500; i++) {
    session.arrive();
    await settled(2);
  }
  expect(session.ran.length).toBeLessThan(30);
  expect(drawn).toBeLessThan(35);
  expect(view.state().list).toMatchObject({ selected: 49, fresh: 500 });
  view.key('j');
  expect(view.state().list.selected).toBe(48);
});

test('while following, a burst asks at most once every 50 ms', async () => {
  await settled();
  session.ran = [];
  for (let i = 0; i < 500; i++) {
    session.arrive();
    await settled(2);
  }
  await settled(100);
  expect(session.ran.length).toBeLessThan(25);
  expect(view.state().list.selected).toBe(550);
});

test('a changed URL is told, loudly and until something else is', async () => {
  await settled();
  session.set({ tunnel: { ...session.current.tunnel, url: 'https://other.loca.lt' } });
  await settled(60_000);
  expect(view.state().notice?.text).toContain('The public URL has changed: https://other.loca.lt');
});

test('pasted text is never taken for keys', async () => {
  await settled();
  view.paste('xyq');
  expect(view.state().question).toBeNull();
  view.key('/', '/');
  view.paste('job:1\n');
  expect(view.state().filter.editor?.text).toBe('job:1 ');
});

test('q and Ctrl-C end the screen', async () => {
  view.key('q');
  await expect(view.done).resolves.toBeUndefined();
});

test('any command of the table can be typed, and its result is shown; what is wrong with it brings the form back', async () => {
  const typing = createView(session, { commands: describeCommands() });
  await settled();
  session.ran = [];
  const put = (text: string): void => {
    for (const char of text) typing.key(char === ' ' ? 'space' : char, char);
  };
  typing.key(':', ':');
  typing.key('right'); // from trigger to list
  typing.key('tab');
  put('--limit');
  typing.key('enter');
  await settled();
  expect(typing.state().form?.state.told).toMatchObject({ arguments: { message: '--limit needs a value.' } });
  put(' 2');
  typing.key('enter');
  await settled(100);
  expect(ran('list')).toContainEqual({ limit: '2' });
  const sheet = typing.state().sheet!;
  expect(sheet.title).toBe('list');
  expect(JSON.parse((sheet.content as { text: string }).text).deliveries).toHaveLength(2);
  typing.close();
});

test('where the table is not known, that is said', async () => {
  await settled();
  view.key(':');
  expect([view.state().form, view.state().notice?.text]).toEqual([null, 'No command can be typed here.']);
});
