import { expect, test } from 'vitest';
import type { EmulatorStatus, Status } from '../../src/core/session.ts';
import { headerLines } from '../../src/tui/header.ts';
import { initialState } from '../../src/view/state.ts';

const header = (emulator: EmulatorStatus | null, brief = false): string[] => {
  const status: Status = {
    ...{ version: '0', pid: 1, startedAt: 0, dataDir: '/d', receiverUrl: 'http://127.0.0.1:4140' },
    tunnel: { provider: 'none', state: 'off', url: null, reason: null, since: 0 },
    ...{ endpoints: [], ack: 'app', verification: { secret: false, svix: false, reject: false } },
    ...{ deliveries: 0, faults: '', seed: 1, holding: false, held: [], jobs: [], storeProblem: null },
    emulator,
  };
  return headerLines(initialState(status, 0), 100, brief).map((spans) =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
};

test('the head shows the emulator where one runs: its URL, its jobs and what it does wrong on purpose', () => {
  const emulator = { url: 'http://127.0.0.1:4142', running: 2, ended: 31, faults: '429:20%' };
  const shown = ' api     http://127.0.0.1:4142 (REDUCTO_BASE_URL) · 2 running, 31 ended · faults: 429:20%';
  expect(header(emulator)).toContain(shown);
  expect(header({ ...emulator, faults: '' })).toContain(shown.replace(' · faults: 429:20%', ''));
  expect(header(null).join('\n')).not.toContain(' api ');
  expect(header(emulator, true).join('\n')).not.toContain(' api ');
});
