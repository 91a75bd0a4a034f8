import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../../core/delivery.ts';
import { type Check, failed, type Need, notJudged, passed, sources, type Verdict } from '../check.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckJob, CheckRun } from '../run.ts';
import { accepted, type Sent } from '../sender.ts';

const crashes = {
  text: 'A deploy or an out-of-memory kill comes at any moment. What was not answered 2xx is sent again; what was answered 2xx never is.',
  url: sources.retries,
};

const fix =
  'Do the work and remember its id in one transaction, before the 2xx; or store the event, answer 2xx, and take up what is stored at every start.';

/** Has the app killed at some moment of an attempt. @returns the attempt, ended; null when the moment did not come */
type Crash = (run: CheckRun, sent: Sent, job: CheckJob) => Promise<Attempt | null>;

const crashCheck = (
  id: string,
  title: string,
  moments: readonly [string, Crash][],
  more: { fix?: string; needs?: readonly Need[]; missed?: string } = {},
): Check => ({
  id,
  title,
  proves: `${title[0]!.toUpperCase()}${title.slice(1)}, started again and retried as Reducto would: nothing is lost, nothing is doubled.`,
  why: crashes,
  fix,
  severity: 'error',
  ...more,
  needs: ['clean', 'start', ...(more.needs ?? [])],
  async run(run) {
    const verdicts: Verdict[] = [];
    for (const [moment, crash] of moments) {
      run.rebase();
      run.doing(`killing the app ${moment}`);
      const verdict = await crashAndRetry(run, moment, crash);
      if (verdict?.outcome === 'failed') return verdict;
      if (verdict !== null) verdicts.push(verdict);
    }
    const unjudged = verdicts.find(({ outcome }) => outcome === 'not judged');
    if (verdicts.length === 0)
      return notJudged(more.missed ?? 'the app answered before it was killed: see crash-after-answer');
    return unjudged ?? passed(`killed ${verdicts.length} of ${moments.length} times`);
  },
});

/** @returns null when the app had answered before it was killed: that is for another check */
async function crashAndRetry(run: CheckRun, moment: string, crash: Crash): Promise<Verdict | null> {
  const job = await run.job();
  const sent = await run.delivery(job);
  const first = await crash(run, sent, job);
  run.doing('starting the app again');
  await run.restart();
  if (first === null) {
    // What it did then, however late, must not be seen as something of the next moment.
    await run.quiet((effects) => run.sawEffect(effects));
    return null;
  }
  const last = accepted(first) ? first : await run.retry(sent);
  const context = `killed ${moment} (${outcomes([first])}), started again${last === first ? '' : ` and retried (${outcomes([last])})`}`;
  const refused = run.refusal([last], context);
  if (refused !== null) return refused;
  const verdict = await run.judgeOnce([job], context);
  return verdict.outcome === 'passed' && run.lost.length > 0 ? gone(run.lost) : verdict;
}

const gone = (lost: readonly string[]): Verdict =>
  failed(
    'effects of earlier jobs are gone after the restart',
    'what was done before the crash to be there after it',
    `${lost.length} lines are missing, such as ${lost[0]}`,
    { hint: 'If the probe reads what the app has in memory, let it read the database instead.' },
  );

/** Kills so many ms after the last byte was sent: finer than a timer could. */
const afterBytes =
  (ms: (run: CheckRun) => number): Crash =>
  async (run, sent) => {
    const wait = ms(run);
    let ended = false;
    const attempt = await run.bench.sender.attempt(sent, {
      note: 'the app is killed meanwhile',
      gate: {
        arrived: () => undefined,
        opened: Promise.resolve(),
        sent: () => {
          const until = performance.now() + wait;
          const look = (): void => {
            if (ended) return; // by now it would be the next process that is killed
            if (performance.now() >= until) run.kill();
            else setImmediate(look);
          };
          setImmediate(look);
        },
      },
    });
    ended = true;
    return accepted(attempt) ? null : attempt;
  };

const part = (share: number): [string, Crash] => [
  `after ${Math.round(share * 100)} % of its usual time`,
  afterBytes((run) => run.baseline.answerMs * share),
];

/** The fetch may come long after the answer, from a worker: "202, then a queue" is what Reducto advises. */
const duringFetch: Crash = async (run, sent, job) => {
  let killed: () => void = () => undefined;
  const fetched = new Promise<boolean>((resolve) => {
    killed = () => resolve(true);
  });
  const end = run.bench.emulator.subscribe((event) => {
    if (event.type !== 'fetch' || event.fetch.jobId !== job.id || event.ended) return;
    run.kill();
    killed();
  });
  try {
    const attempt = await run.attempt(sent, { note: 'the app is killed when it fetches the job' });
    const late = delay(2 * run.baseline.effectMs + run.patienceMs, false, { ref: false });
    return (await Promise.race([fetched, late])) ? attempt : null;
  } finally {
    end();
  }
};

/** Kills after the answer, at a share of the time until the effect. */
const afterAnswer =
  (share: number): Crash =>
  async (run, sent) => {
    const attempt = await run.attempt(sent, { note: 'the app is killed after its answer' });
    if (share > 0 && run.baseline.effectMs < leastWorkMs) return null; // nothing is done behind the answer
    await delay(run.baseline.effectMs * share);
    run.kill();
    return attempt;
  };

/** ms of work behind an answer that can be hit. */
const leastWorkMs = 40;

export const crashOnReceipt = crashCheck('crash-on-receipt', 'killed as soon as it has the request', [
  ['as soon as it had the request', afterBytes(() => 0)],
]);

export const crashDuringFetch = crashCheck(
  'crash-during-fetch',
  'killed while it fetches the job',
  [['while it fetched the job', duringFetch]],
  { needs: ['fetches'], missed: 'the handler did not fetch this job: it was not killed during a fetch' },
);

export const crashMidway = crashCheck('crash-midway', 'killed between receipt and answer, at three moments', [
  part(0.4),
  part(0.7),
  part(0.95),
]);

export const crashAfterAnswer = crashCheck(
  'crash-after-answer',
  'killed right after its answer',
  [
    ['right after its answer', afterAnswer(0)],
    ['behind its answer, at a third of its work', afterAnswer(0.33)],
    ['behind its answer, at two thirds of its work', afterAnswer(0.67)],
  ],
  {
    fix: 'An answer 2xx ends the retries: have the event on disk (a table, a durable queue) before it, and take up what is unfinished at every start.',
  },
);

export const restartBetweenDuplicates: Check = {
  id: 'restart-between-duplicates',
  title: 'a duplicate after the app was started anew',
  proves: 'What was processed is known after a restart: it is not remembered in memory alone.',
  why: {
    text: 'A retry can come hours after the first attempt, and a deploy in between.',
    url: sources.retries,
  },
  fix: 'Keep processed ids in the database, under a unique key; a Set or a Map in the process forgets them, and another instance never had them.',
  severity: 'error',
  needs: ['clean', 'start'],
  async run(run) {
    const job = await run.job();
    const sent = await run.delivery(job);
    const first = await run.attempt(sent);
    await run.quiet();
    run.doing('starting the app again');
    await run.restart();
    const second = await run.attempt(sent, { fresh: true, note: 'a duplicate after a restart' });
    const refused = run.refusal([first, second], 'a delivery, and its duplicate after a restart');
    if (refused !== null) return refused;
    const verdict = await run.judgeOnce([job], `a duplicate after a restart (${outcomes([first, second])})`);
    return verdict.outcome === 'passed' && run.lost.length > 0 ? gone(run.lost) : verdict;
  },
};
