import { expect, test } from 'vitest';
import { showWork } from '../../src/cli/work-progress.ts';
import type { WorkStatus } from '../../src/core/session.ts';

const status = (change: Partial<WorkStatus> = {}): WorkStatus => ({
  ...{ id: '1', label: 'replay of 500 deliveries', total: 500, done: 120, failed: 3 },
  ...{ nextAt: null, state: 'running' },
  ...change,
});

function shown(isTTY: boolean, columns: number, ...work: WorkStatus[]): string {
  let text = '';
  const { show, end } = showWork({
    isTTY,
    columns,
    write: (chunk) => {
      text += String(chunk);
      return true;
    },
  });
  show(work);
  end();
  return text.replaceAll('\r\x1b[2K', '|');
}

test('on a terminal there is a line of how far the newest work has come, and it goes away', () => {
  expect(shown(true, 100, status({ label: 'older' }), status())).toBe(
    '|replay of 500 deliveries: 120 of 500 sent, 3 failed|',
  );
  expect(shown(true, 100, status({ total: null, failed: 0, label: '\x1b[31mred' }))).toBe(
    '|\\x1b[31mred: 120 sent|',
  );
  expect(shown(true, 30, status())).toBe('|replay of 500 deliveries: 120|');
});

test('elsewhere, and without work, there is nothing', () => {
  expect([shown(false, 100, status()), shown(true, 100)]).toEqual(['', '']);
});
