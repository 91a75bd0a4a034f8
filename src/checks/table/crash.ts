import { type Check, type Need, sources } from '../check.ts';
import {
  afterAnswer,
  behindFetch,
  type ChooseMoment,
  type CrashMoment,
  duringFetch,
  onReceipt,
  untilAnswer,
} from '../crash-moments.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { failed, notApplicable, notJudged, passed, type Verdict } from '../verdict.ts';

const crashes = {
  text: 'A deploy or an out-of-memory kill comes at any moment. What was not answered 2xx is sent again; what was answered 2xx never is.',
  url: sources.retries,
};

const fix =
  'Do the work and remember its id in one transaction, before the 2xx; or store the event, answer 2xx, and take up what is stored at every start.';

const crashCheck = (
  id: string,
  title: string,
  moments: () => readonly ChooseMoment[],
  more: { fix?: string; needs?: readonly Need[]; missed?: string } = {},
): Check => ({
  id,
  title,
  proves: `${title[0]!.toUpperCase()}${title.slice(1)}, started again and retried as Reducto would: nothing is lost, nothing is doubled.`,
  cause: 'lost',
  why: crashes,
  fix,
  severity: 'error',
  ...more,
  needs: ['clean', 'start', ...(more.needs ?? [])],
  waits: moments().length,
  async run(run) {
    const verdicts: Verdict[] = [];
    for (const choose of moments()) {
      const moment = await choose(run);
      if (moment === null) continue;
      run.watch.rebase();
      run.doing(`killing the app ${moment.text}`);
      const verdict = await crashAndRetry(run, moment);
      if (verdict?.outcome === 'failed') return verdict;
      if (verdict !== null) verdicts.push(verdict);
    }
    const unjudged = verdicts.find(({ outcome }) => outcome === 'not judged');
    if (verdicts.length === 0)
      return more.missed === undefined
        ? notApplicable('the app answers before it can be killed: see crash-after-answer')
        : notJudged(more.missed);
    return unjudged ?? passed(`killed ${times(verdicts.length)}`);
  },
});

const times = (count: number): string => (count === 1 ? 'once' : `${count} times, each at another moment`);

/** @returns null when the moment did not come */
async function crashAndRetry(run: CheckRun, moment: CrashMoment): Promise<Verdict | null> {
  const job = await run.sender.job();
  const sent = await run.sender.delivery(job);
  const { attempt: first, killed, hit } = await moment.crash(sent, job);
  const { observer } = run.bench;
  // Before the start, if a probe can say it without the app: what is taken up at the start is not of the moment.
  const seen = moment.saw && hit && killed ? await observer.glance() : null;
  if (killed) {
    run.doing('starting the app again');
    await run.restart();
  }
  // What was answered before the kill has had its effect, or has it behind the answer.
  moment.saw?.(!hit || run.watch.sawEffect(run.watch.effectsAt(seen ?? (await observer.snapshot()))));
  if (!hit) {
    await run.watch.through(job);
    return null;
  }
  const last = accepted(first) ? first : await run.sender.retry(sent);
  const context = `killed ${moment.text} (${outcomes([first])}), started again${last === first ? '' : ` and retried (${outcomes([last])})`}`;
  const refused = run.refusal([last], context);
  if (refused !== null) return refused;
  const verdict = await run.judgeOnce([job], context);
  return verdict.outcome === 'passed' && run.watch.lost.length > 0 ? gone(run.watch.lost) : verdict;
}

const gone = (lost: readonly string[]): Verdict =>
  failed(
    'effects of earlier jobs are gone after the restart',
    'what was done before the crash to be there after it',
    `${lost.length} lines are missing, such as ${lost[0]}`,
    { hint: 'If the probe reads what the app has in memory, let it read the database instead.' },
  );

export const crashOnReceipt = crashCheck('crash-on-receipt', 'killed as soon as it has the request', () => [
  onReceipt,
]);

export const crashDuringFetch = crashCheck(
  'crash-during-fetch',
  'killed while it fetches the job',
  duringFetch,
  { needs: ['fetches'], missed: 'the handler did not fetch this job: it was not killed during a fetch' },
);

export const crashMidway = crashCheck(
  'crash-midway',
  'killed between receipt and answer, at up to fourteen moments',
  () => untilAnswer([0.4, 0.6, 0.8, 0.95]),
);

export const crashAfterAnswer = crashCheck(
  'crash-after-answer',
  'killed right after its answer, and at its work behind it',
  () => [...[0, 0.33, 0.67].map(afterAnswer), ...behindFetch()],
  {
    fix: 'An answer 2xx ends the retries: have the event on disk (a table, a durable queue) before it, and take up what is unfinished at every start.',
  },
);

export const restartBetweenDuplicates: Check = {
  id: 'restart-between-duplicates',
  cause: 'again',
  title: 'a duplicate after the app was started anew',
  proves: 'What was processed is known after a restart: it is not remembered in memory alone.',
  why: {
    text: 'A retry can come hours after the first attempt, and a deploy in between.',
    url: sources.retries,
  },
  fix: 'Keep processed ids in the database, under a unique key; a Set or a Map in the process forgets them, and another instance never had them.',
  severity: 'error',
  needs: ['clean', 'start'],
  waits: 2,
  async run(run) {
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    const first = await run.sender.inTime(sent);
    await run.watch.quiet();
    run.doing('starting the app again');
    await run.restart();
    const second = await run.sender.inTime(sent, { fresh: true, note: 'a duplicate after a restart' });
    const refused = run.refusal([first, second], 'a delivery, and its duplicate after a restart');
    if (refused !== null) return refused;
    const verdict = await run.judgeOnce([job], `a duplicate after a restart (${outcomes([first, second])})`);
    return verdict.outcome === 'passed' && run.watch.lost.length > 0 ? gone(run.watch.lost) : verdict;
  },
};
