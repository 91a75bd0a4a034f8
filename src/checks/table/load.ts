import type { Attempt } from '../../core/delivery.ts';
import { formatDuration } from '../../core/units.ts';
import { type Check, failed, notJudged, passed, sources } from '../check.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckJob, CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';

/** ms above which an answer is slow. */
const slowMs = 1000;

export const slowAcknowledgement: Check = {
  id: 'slow-acknowledgement',
  title: 'how long the answer takes',
  proves: 'Plain deliveries are answered well within the time that a sender waits.',
  why: {
    text: '"Return 2xx immediately, process asynchronously"; Svix waits 15 s, then sends again.',
    url: sources.direct,
  },
  fix: 'Store the event, answer 2xx, and do the work afterwards from what you have stored.',
  severity: 'error',
  needs: [],
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

/** Jobs of the burst; fewer where a command has to be run for each, or where an answer takes long. */
const burstJobs = 500;
const preparedJobs = 40;
const fewestJobs = 20;
/** ms that a burst may take at a handler that answers one by one. */
const burstMs = 30_000;
/** Requests at a time; fewer where the last of them could not be answered in time. */
const burstWidth = 50;
const leastWidth = 4;

/** How many jobs, and how many at a time, a handler can be given that takes so long for one. */
function burstSize(run: CheckRun): { count: number; width: number } {
  const { prepare, timeoutMs = 15_000 } = run.bench.options;
  const answerMs = Math.max(1, run.baseline.answerMs);
  const most = prepare === undefined ? burstJobs : preparedJobs;
  return {
    count: Math.max(fewestJobs, Math.min(most, Math.floor(burstMs / answerMs))),
    width: Math.max(leastWidth, Math.min(burstWidth, Math.floor(timeoutMs / 2 / answerMs))),
  };
}

export const burst: Check = {
  id: 'burst',
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
        ...(await Promise.all(Array.from({ length: Math.min(100, count - jobs.length) }, () => run.job()))),
      );
    const deliveries = await Promise.all(jobs.map((job) => run.delivery(job)));
    run.doing(`sending ${count} deliveries, ${width} at a time`);
    const last: Attempt[] = [];
    const queue = [...deliveries];
    const worker = async (): Promise<void> => {
      for (let sent = queue.shift(); sent; sent = queue.shift()) last.push(await run.retry(sent));
    };
    await Promise.all(Array.from({ length: width }, worker));
    const refused = run.refusal(last, `${count} jobs at once, each sent up to four times`);
    const patienceMs = Math.max(run.patienceMs, 10_000);
    if (refused !== null) return refused;
    const verdict = await run.judgeOnce(jobs, `${count} jobs at once`, { patienceMs });
    return verdict.outcome === 'passed' ? passed(`${count} jobs, ${width} at a time`) : verdict;
  },
};

const onOneConnection = 8;

export const keepAlive: Check = {
  id: 'keep-alive',
  title: `${onOneConnection} deliveries over one connection, a bad one among them`,
  proves: 'Connections that senders keep open work: nothing of one request gets into the next.',
  why: { text: 'Senders reuse connections.', url: sources.retries },
  fix: 'Read each body to its end (or close the connection) before you answer, also when you refuse it.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const jobs: CheckJob[] = [];
    const attempts: Attempt[] = [];
    for (let i = 0; i < onOneConnection; i++) {
      if (i === onOneConnection / 2) await run.deliver(await run.job(), { body: Buffer.from('{"cut off') });
      const job = await run.job();
      jobs.push(job);
      attempts.push((await run.deliver(job)).attempt);
    }
    if (attempts.every(accepted))
      return run.judgeOnce(jobs, `${onOneConnection} deliveries over one connection`);
    return run.refusal(attempts, `deliveries over one connection (${outcomes(attempts)})`)!;
  },
};
