import { expect, test } from 'vitest';
import type { EmulatorStatus, Status } from '../../src/core/session.ts';
import { emptyLines } from '../../src/tui/empty.ts';
import { headerLines } from '../../src/tui/header.ts';
import type { Span } from '../../src/tui/text.ts';
import { noTunnel } from '../../src/tunnel/supervisor.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';

const stateWith = (emulator: EmulatorStatus | null): ViewState => {
  const status: Status = {
    ...{
      version: '0',
      pid: 1,
      startedAt: 0,
      dataDir: '/d',
      receiverUrl: 'http://127.0.0.1:4140',
      inspectorUrl: null,
    },
    tunnel: noTunnel(0),
    ...{ endpoints: [], rules: [], ack: 'app', verification: { secret: false, svix: false, reject: false } },
    ...{ deliveries: 0, faults: '', seed: 1, holding: false, held: [], work: [], storeProblem: null },
    ...{ expectedJobs: [], banner: [], check: null },
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

test('the head has the rules and how many deliveries each was about', () => {
  const state = stateWith(null);
  const rules = [
    { kind: 'forward-filter', text: 'job:a*', matched: 0 },
    { kind: 'route', text: 'status:failed → 3001', matched: 3 },
  ] as const;
  const shown = texts(headerLines({ ...state, status: { ...state.status, rules: [...rules] } }, 100));
  expect(shown).toContain(' rules   forward-filter job:a* (0) · route status:failed → 3001 (3)');
  expect(header(null).join('\n')).not.toContain('rules');
});

test('the head names the page and the key that opens it, where there is one; never the link that lets a browser in', () => {
  const state = stateWith(null);
  const status = { ...state.status, inspectorUrl: 'http://127.0.0.1:4141/open/secret-name' };
  const shown = texts(headerLines({ ...state, status }, 80)).join('\n');
  expect(shown).toContain('page 127.0.0.1:4141 (o) · verify: off · ack: app');
  expect(shown).not.toContain('secret-name');
  expect(header(null).join('\n')).not.toContain('page');
});
