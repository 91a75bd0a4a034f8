import { expect, test } from 'vitest';
import type { EmulatorStatus, Status } from '../../src/core/session.ts';
import { emptyLines } from '../../src/tui/empty.ts';
import { headerLines } from '../../src/tui/header.ts';
import type { Span } from '../../src/tui/text.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';

const stateWith = (emulator: EmulatorStatus | null): ViewState => {
  const status: Status = {
    ...{ version: '0', pid: 1, startedAt: 0, dataDir: '/d', receiverUrl: 'http://127.0.0.1:4140' },
    tunnel: { provider: 'none', state: 'off', url: null, reason: null, since: 0 },
    ...{ endpoints: [], ack: 'app', verification: { secret: false, svix: false, reject: false } },
    ...{ deliveries: 0, faults: '', seed: 1, holding: false, held: [], work: [], storeProblem: null },
    ...{ expectedJobs: [], banner: [] },
    emulator,
  };
  const state = initialState(status, 0);
  return { ...state, list: { ...state.list, loaded: true } };
};

const texts = (lines: readonly Span[][]): string[] =>
  lines.map((spans) =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

const header = (emulator: EmulatorStatus | null, brief = false): string[] =>
  texts(headerLines(stateWith(emulator), 100, brief));

test('the head shows the emulator where one runs: its URL, its jobs and what it does wrong on purpose', () => {
  const emulator = { url: 'http://127.0.0.1:4142', running: 2, ended: 31, faults: '429:20%' };
  const shown = ' api     http://127.0.0.1:4142 (REDUCTO_BASE_URL) · 2 running, 31 ended · faults: 429:20%';
  expect(header(emulator)).toContain(shown);
  expect(header({ ...emulator, faults: '' })).toContain(shown.replace(' · faults: 429:20%', ''));
  expect(header(null).join('\n')).not.toContain(' api ');
  expect(header(emulator, true).join('\n')).not.toContain(' api ');
});

test('a list without deliveries says how to submit a job to the emulator, where one runs', () => {
  const lines = (emulator: EmulatorStatus | null): string =>
    texts(emptyLines(stateWith(emulator), 80).map(({ spans }) => spans)).join('\n');
  const running = lines({ url: 'http://127.0.0.1:4142', running: 0, ended: 0, faults: '' });
  expect(running).toContain('REDUCTO_BASE_URL=http://127.0.0.1:4142');
  expect(running).toContain('http://127.0.0.1:4140/webhook');
  expect(lines(null)).toContain('curl http://127.0.0.1:4140');
  expect(lines(null)).not.toContain('REDUCTO_BASE_URL');
});
