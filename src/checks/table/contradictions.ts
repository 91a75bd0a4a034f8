import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import { type Check, sources } from '../check.ts';
import { type Effect, effectLines } from '../effects/effect.ts';
import { failureWord, statusWord } from '../effects/unit.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { failed, notJudged, passed, type Verdict } from '../verdict.ts';

const ends = {
  text: 'A job ends once, as Completed or as Failed: Reducto never sends both. What comes again, or says something else afterwards, is no reason to do the work a second time.',
  url: sources.direct,
};

const fix =
  'Let the first end of a job stand: record "Failed" under the same unique key as "Completed" (INSERT … ON CONFLICT DO NOTHING, or UPDATE … WHERE status = \'processing\').';

const contradiction = (given: Pick<Check, 'id' | 'title' | 'proves' | 'run'>): Check => ({
  ...given,
  why: ends,
  fix,
  severity: 'error',
  cause: 'status',
  needs: ['clean'],
  overlaps: true,
  waits: 2,
});

export const failedAgain = contradiction({
  id: 'failed-again',
  title: 'a failed job, reported twice',
  proves: 'A failure that is reported again is recorded once, and answered 2xx.',
  async run(run) {
    const { attempt: first, sent } = await end(run, 'Failed');
    // Whether failures are taken and recorded at all is for failed-status to say.
    if (!accepted(first)) return unsaid(run, `the first one was answered ${outcomeLabel(first.outcome)}`);
    await run.watch.quiet((effects) => run.watch.sawEffect(effects));
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    if (!run.watch.anyEffect)
      return notJudged('the probes show no effect of a failed job: see failed-status');
    const once = shapesOf(run.watch.effects);
    run.watch.rebase();
    const again = await run.sender.attempt(sent, { fresh: true, note: 'the same again' });
    const second = await run.sender.insist(sent, again);
    await run.watch.quiet();
    const refused = run.refusal([second], 'a failed job, reported twice');
    if (refused !== null) return refused;
    if (!run.watch.anyEffect) return passed(`recorded once (${outcomes([first, second])})`);
    const twice = shapesOf(run.watch.effects);
    if (once.join('\n') === twice.join('\n'))
      return {
        ...worse(run, 'a failure that is reported twice is recorded twice', 'the effect of one report'),
        cause: 'again',
      };
    return unsaid(run, `the second report changed something else: ${changesOf(run)}`);
  },
});

export const failedAfterCompleted = contradiction({
  id: 'failed-after-completed',
  title: 'a job that was completed is said to have failed',
  proves:
    'A "Failed" that comes after "Completed" does not have the work done again, and is answered below 500: whether it is recorded or ignored is the handler\'s choice.',
  async run(run) {
    const { job, attempt: first } = await end(run, 'Completed');
    if (!accepted(first)) return unsaid(run, `the completed one was answered ${outcomeLabel(first.outcome)}`);
    await run.watch.quiet((effects) => run.watch.sawEffect(effects));
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    run.watch.rebase();
    const { attempt } = await run.sender.deliver(job, { status: 'Failed' });
    await run.watch.quiet();
    const broken = breaks(attempt, '"Failed" after "Completed"');
    if (broken !== null) return broken;
    const answered = `answered ${outcomeLabel(attempt.outcome)}`;
    if (!run.watch.anyEffect) return passed(`it stays as it was (${answered})`);
    if (run.watch.isUnit(job))
      return run.watch.showsStatus
        ? worse(run, 'a "Failed" after "Completed" has the effect of a completed job again', 'no such effect')
        : notJudged(
            `it has an effect, and the probes show no word for how a job ended: add the status to the snapshot (${changesOf(run)})`,
          );
    return passed(`the later word is recorded (${answered}): ${changesOf(run)}`);
  },
});

export const completedAfterFailed = contradiction({
  id: 'completed-after-failed',
  title: 'a job that has failed is said to be completed',
  proves: 'Whichever of the two a handler lets stand, the work is done once at the most.',
  async run(run) {
    const { job, attempt: first } = await end(run, 'Failed', 'Completed');
    if (!accepted(first)) return unsaid(run, `the failed one was answered ${outcomeLabel(first.outcome)}`);
    await run.watch.quiet((effects) => run.watch.sawEffect(effects));
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    const seen = run.watch.anyEffect;
    const { attempt } = await run.sender.deliver(job, { status: 'Completed' });
    await run.watch.quiet();
    const broken = breaks(attempt, '"Completed" after "Failed"');
    if (broken !== null) return broken;
    if (run.watch.timesTheUnit(job) > 1)
      return worse(
        run,
        'a "Completed" after "Failed" has its effect more than once',
        'one effect at the most',
      );
    if (run.watch.isUnit(job)) return passed('the completed one stands, once');
    if (!seen) return notJudged('the probes show no effect of a failed job: see failed-status');
    const states = statesOf(run.watch.effects);
    if (states.failures > 0 && states.successes > 0)
      return passed(`both are recorded, the work is done once: ${changesOf(run)}`);
    return states.failures > 0
      ? passed(`the failure stands (answered ${outcomeLabel(attempt.outcome)})`)
      : unsaid(run, `how the job ended is not to be read from: ${changesOf(run)}`);
  },
});

/** Has a job end, and says so. @param real how it ended at the API, where that is something else */
async function end(run: CheckRun, status: 'Completed' | 'Failed', real: 'Completed' | 'Failed' = status) {
  const job = await run.sender.job({ status: real });
  return { job, ...(await run.sender.deliver(job, { status })) };
}

/** What is right here hangs on how the handler was meant: nothing is said. */
async function unsaid(run: CheckRun, why: string): Promise<Verdict> {
  await run.watch.quiet();
  return notJudged(why);
}

/** A failure when the handler breaks; a refusal below 500 does no harm. */
function breaks(attempt: Attempt, what: string): Verdict | null {
  const { outcome } = attempt;
  if (outcome.kind === 'response' && outcome.status < 500) return null;
  const label = outcomeLabel(outcome);
  return failed(
    `${what} is answered ${label}: it is sent again, and fails again`,
    'an answer below 500',
    label,
    {
      severity: 'warning',
    },
  );
}

function worse(run: CheckRun, summary: string, expected: string): Extract<Verdict, { outcome: 'failed' }> {
  const observed = run.watch.effectText;
  return {
    outcome: 'failed',
    summary,
    expected,
    observed: changesOf(run),
    difference: { expected: [], observed },
  };
}

const changesOf = (run: CheckRun): string => run.watch.effectText.slice(0, 3).join(', ');

/** Lines of effects with what varies left open, so that two of them can be compared. */
const shapesOf = (effects: readonly (Effect | null)[]): string[] =>
  effects
    .flatMap((effect, i) =>
      effect
        ? effectLines(effect).map(
            (line) => `${i} ${line.replace(/[\p{L}\p{N}_.-]*\d[\p{L}\p{N}_.-]*/gu, '?')}`,
          )
        : [],
    )
    .sort();

/** How many lines that are there now tell of a failure, and of success. */
function statesOf(effects: readonly (Effect | null)[]): { failures: number; successes: number } {
  const lines = effects.flatMap((effect) => (effect ? effectLines(effect) : []));
  const came = lines.map((line) => line.split(' became ').at(-1)!).filter((line) => !line.startsWith('-'));
  return {
    failures: came.filter((line) => failureWord.test(line)).length,
    successes: came.filter(isSuccess).length,
  };
}

const isSuccess = (line: string): boolean => statusWord.test(line) && !failureWord.test(line);
