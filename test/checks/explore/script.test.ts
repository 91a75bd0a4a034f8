import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedules } from '../../../src/checks/explore/generate.ts';
import type { Schedule } from '../../../src/checks/explore/schedule.ts';
import { type ScriptSetting, toScript } from '../../../src/checks/explore/script.ts';

const everything = { crashes: true, forgeries: true, fetches: true, longestWaitMs: 60_000 };
const plain: ScriptSetting = {
  url: 'http://127.0.0.1:3000/webhook?a=1&b=2',
  metadata: {},
  guard: 'none',
  fetches: false,
  answerMs: 20,
  effectMs: 400,
  start: null,
  prepare: undefined,
  reset: undefined,
  about: [],
};

const settings: fc.Arbitrary<ScriptSetting> = fc.record({
  url: fc.webUrl({ withQueryParameters: true }),
  metadata: fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
  guard: fc.constantFrom('none', 'secret', 'svix'),
  fetches: fc.boolean(),
  answerMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  effectMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  start: fc.constantFrom(null, { command: 'FOO=1 npm run dev', readyUrl: 'http://127.0.0.1:3000/health' }),
  prepare: fc.constantFrom(undefined, `psql -c "insert into jobs values ('$JOB_ID')"`),
  reset: fc.constantFrom(undefined, 'rm -f app.db'),
  about: fc.constant(['how it was found']),
});

/** What a shell makes of a script's body function. */
const bodyOf = (script: string, args: string, env: Record<string, string> = {}): string => {
  const body = /^body\(\) \{[\s\S]*?; \}$/m.exec(script)![0];
  const { stdout } = spawnSync('bash', ['-c', `${body}\nbody ${args}`], { env: { ...process.env, ...env } });
  return stdout.toString();
};

test('whatever the schedule and the app: bash can read it', () => {
  fc.assert(
    fc.property(schedules(everything), settings, (schedule, setting) => {
      const { stderr, status } = spawnSync('bash', ['-n'], { input: toScript(schedule, setting) });
      expect(stderr.toString()).toBe('');
      expect(status).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('the body is what Reducto would send, whatever is in the metadata', () => {
  const schedule: Schedule = [{ kind: 'deliver', jobs: [0] }];
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (metadata) => {
      const script = toScript(schedule, { ...plain, metadata, guard: 'secret' });
      const body = bodyOf(script, 'some-job', { WEBHOOK_SECRET: `it's "100 %"` });
      // Whoever has such a secret writes it as JSON would; these characters need nothing but that.
      const sent = bodyOf(script, 'some-job', { WEBHOOK_SECRET: 'plain' });
      expect(JSON.parse(sent)).toEqual({
        status: 'Completed',
        job_id: 'some-job',
        metadata: { ...metadata, secret: 'plain' },
      });
      expect(body).toContain(`it's "100 %"`);
    }),
    { numRuns: 20 },
  );
});

test('without --start the user is asked to kill the app, and jobs that nobody fetches are just ids', () => {
  const script = toScript([{ kind: 'restart' }, { kind: 'deliver', jobs: [0, 1] }], plain);
  expect(script).toContain('Kill the app with SIGKILL, start it again, then press Enter.');
  expect(script).toMatch(/^JOB1=\$\(cat \/proc\/sys\/kernel\/random\/uuid/m);
  expect(script).not.toContain('REDUCTO_BASE_URL');
  expect(script).not.toContain('WEBHOOK_SECRET');
});
