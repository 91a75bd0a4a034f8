import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import { headerValue } from '../../core/headers.ts';
import { formatDuration } from '../../core/units.ts';
import { type Check, sources } from '../check.ts';
import type { CheckJob } from '../job.ts';
import { asksForTime } from '../job-sender.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import type { Sent } from '../sender.ts';
import { failed, notApplicable, notJudged, passed } from '../verdict.ts';

/** ms above which an answer is slow. */
const slowMs = 1000;

export const slowAcknowledgement: Check = {
  id: 'slow-acknowledgement',
  cause: null,
  title: 'how long the answer takes',
  proves: 'Plain deliveries are answered well within the time that a sender waits.',
  why: {
    text: '"Return 2xx immediately, process asynchronously"; Svix waits 15 s, then sends again.',
    url: sources.direct,
  },
  fix: 'Store the event, answer 2xx, and do the work afterwards from what you have stored.',
  severity: 'error',
  needs: [],
  waits: 0,
  async run(run) {
    const { waits, options } = run.bench;
    if (waits.length === 0) return notJudged('no plain delivery was answered');
    const limit = formatDuration(options.timeoutMs ?? 15_000);
    const wanted = `an answer within ${limit}, better within ${formatDuration(slowMs)}`;
    if (waits.some(({ timedOut }) => timedOut))
      return failed(`no answer within ${limit}: every delivery is sent again, and again`, wanted, 'none');
    // The middle one: a machine that is busy for a moment is no slow handler.
    const sorted = waits.map(({ ms }) => ms).sort((a, b) => a - b);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
    const took = formatDuration(middle);
    if (middle > slowMs) return failed(`an answer takes ${took}`, wanted, took, { severity: 'warning' });
    return passed(`usually ${took}`);
  },
};

/** Jobs of the burst; fewer where a command has to be run for each, and as many as can be sent in its time. */
const burstJobs = 500;
const preparedJobs = 40;
const fewestJobs = 20;
/** ms after which no more are sent: a handler that answers slowly, or one by one, has fewer to do. */
const burstMs = 30_000;
/** Requests at a time; fewer where the last of them could not be answered in time. */
const burstWidth = 50;
const leastWidth = 4;

/** ms that the work behind the answers may take where it is done one by one, and that it is waited for while it goes on. */
const oneByOneMs = 90_000;
export const workedOffMs = 180_000;

/** How many jobs a handler is given, and how many at a time: one that works behind its answer may take them one by one. */
function burstSize(run: CheckRun): { count: number; width: number } {
  const { prepare, timeoutMs = 15_000 } = run.bench.options;
  const answerMs = Math.max(1, run.baseline.answerMs);
  const most = prepare === undefined ? burstJobs : preparedJobs;
  return {
    count: Math.max(fewestJobs, Math.min(most, Math.floor(oneByOneMs / Math.max(1, run.baseline.effectMs)))),
    width: Math.max(leastWidth, Math.min(burstWidth, Math.floor(timeoutMs / 2 / answerMs))),
  };
}

export const burst: Check = {
  id: 'burst',
  cause: 'lost',
  title: `many different jobs at once (up to ${burstJobs})`,
  proves: 'Many jobs that end together are all worked on, each once.',
  why: { text: 'A batch of documents ends as a batch of webhooks.', url: sources.async },
  fix: 'Bound what is done at a time (a queue, a pool), and answer 503 to what you can not take: it comes again.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const { count, width } = burstSize(run);
    run.doing(`making ${count} jobs`);
    const jobs: CheckJob[] = [];
    while (jobs.length < count)
      jobs.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(100, count - jobs.length) }, () => run.sender.job()),
        )),
      );
    const deliveries = await Promise.all(jobs.map((job) => run.sender.delivery(job)));
    run.doing(`sending ${count} deliveries, ${width} at a time`);
    const last = await sendAll(run, deliveries, width);
    const turnedAway = [...last].flatMap(([sent, attempt]) => (asksForTime(attempt) ? [sent] : []));
    await sendOneByOne(run, turnedAway, last);
    const refused = run.refusal([...last.values()], `${last.size} jobs at once, each sent up to four times`);
    const patienceMs = Math.max(run.watch.patienceMs, 10_000);
    if (refused !== null) return refused;
    const taken = new Set([...last.keys()].map(({ jobId }) => jobId));
    const due = jobs.filter(({ id }) => taken.has(id));
    const verdict = await run.judgeOnce(due, `${due.length} jobs at once`, {
      patienceMs,
      limitMs: workedOffMs,
    });
    const limits = turnedAway.length === 0 ? '' : limitsText(turnedAway, count - due.length);
    return verdict.outcome === 'passed' ? passed(`${due.length} jobs, ${width} at a time${limits}`) : verdict;
  },
};

/**
 * Sends and retries them, so many at a time, until the time of the burst is over or the handler has turned away as many
 * in a row, four times each.
 * @returns the last attempt of each that was sent
 */
async function sendAll(
  run: CheckRun,
  deliveries: readonly Sent[],
  width: number,
): Promise<Map<Sent, Attempt>> {
  const last = new Map<Sent, Attempt>();
  const queue = [...deliveries];
  const until = performance.now() + burstMs;
  let inVain = 0;
  const goOn = (): boolean =>
    inVain < width && (performance.now() < until || deliveries.length - queue.length < fewestJobs);
  const worker = async (): Promise<void> => {
    while (queue.length > 0 && goOn()) {
      const sent = queue.shift()!;
      const attempt = await run.sender.retry(sent);
      last.set(sent, attempt);
      inVain = asksForTime(attempt) ? inVain + 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return last;
}

/** ms that are waited for a limit on the rate to be lifted: at the most, where the handler says how long that takes. */
const longestLimitMs = 60_000;
const usualLimitMs = 15_000;

/**
 * Sends what a handler has turned away for want of time again, one after another: no burst of a real sender lasts as
 * long as that of a check, so only what is not taken then either is lost.
 * @param last attempts by delivery: those that are made here take the place of the ones before, and what a limit on the
 *   rate (429) has kept from being delivered at all is taken out
 */
async function sendOneByOne(
  run: CheckRun,
  turnedAway: readonly Sent[],
  last: Map<Sent, Attempt>,
): Promise<void> {
  for (const [i, sent] of turnedAway.entries()) {
    run.doing(`sending what was turned away again: ${i + 1} of ${turnedAway.length}`);
    const attempt = await run.sender.inTime(sent, { fresh: true, note: 'again, after the burst' });
    last.set(sent, attempt);
    if (!asksForTime(attempt)) continue;
    if (statusOf(attempt) !== 429) return; // it has nothing else to do, and has no time
    for (const each of turnedAway.slice(i)) last.delete(each);
    return limitLifted(run, attempt);
  }
}

/** Waits until a limit on the rate is lifted. @param attempt that was turned away */
export function limitLifted(run: CheckRun, attempt: Attempt): Promise<void> {
  run.doing('waiting until the limit on the rate is lifted');
  return delay(limitMs(attempt));
}

const statusOf = ({ outcome }: Attempt): number | null =>
  outcome.kind === 'response' ? outcome.status : null;

/** ms after which a handler says that it takes more (retry-after in seconds). */
function limitMs({ outcome }: Attempt): number {
  const text = outcome.kind === 'response' ? headerValue(outcome.headers, 'retry-after') : undefined;
  const seconds = Number(text ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(longestLimitMs, Math.max(0, seconds * 1000)) : usualLimitMs;
}

/** What a burst has shown of a handler's limits. */
function limitsText(turnedAway: readonly Sent[], left: number): string {
  const labels = [...new Set(turnedAway.map(({ attempts }) => outcomeLabel(attempts[0]!.outcome)))].join(
    ', ',
  );
  const rest = left === 0 ? 'and taken when they came again after it' : `and ${left} were not taken at all`;
  return `; ${turnedAway.length} were answered ${labels} four times over in the burst ${rest}: it has a limit that a batch of that size would meet`;
}

const onOneConnection = 8;

export const keepAlive: Check = {
  id: 'keep-alive',
  cause: null,
  title: `${onOneConnection} deliveries over one connection, a bad one among them`,
  proves: 'Connections that senders keep open work: nothing of one request gets into the next.',
  why: { text: 'Senders reuse connections.', url: sources.retries },
  fix: 'Read each body to its end (or close the connection) before you answer, also when you refuse it.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const jobs: CheckJob[] = [];
    const attempts: Attempt[] = [];
    const open = { keepOpen: true };
    for (let i = 0; i < onOneConnection; i++) {
      if (i === onOneConnection / 2)
        await run.sender.deliver(await run.sender.job(), { body: Buffer.from('{"cut off') }, open);
      const job = await run.sender.job();
      jobs.push(job);
      const { sent, attempt } = await run.sender.deliver(job, {}, open);
      // An app may close a connection at any time; its sender opens another one.
      attempts.push(wasClosed(attempt) ? await run.sender.retry(sent) : attempt);
    }
    const context = `${onOneConnection} deliveries over one connection`;
    const refused = run.refusal(attempts, `${context} (${outcomes(attempts)})`);
    if (refused !== null) return refused;
    const verdict = await run.judgeOnce(jobs, context);
    return verdict.outcome === 'passed' && attempts.every(closes)
      ? notApplicable('the app closes each connection after its answer: none is used twice')
      : verdict;
  },
};

/** Whether a connection ended before there was an answer. */
const wasClosed = ({ outcome }: Attempt): boolean => outcome.kind === 'error' && outcome.code === 'reset';

/** Whether the app has said with its answer that it closes the connection. */
const closes = ({ outcome }: Attempt): boolean =>
  outcome.kind === 'response' && /\bclose\b/i.test(headerValue(outcome.headers, 'connection') ?? '');
