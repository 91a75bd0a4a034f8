import type { Attempt, HeaderPair } from '../../core/delivery.ts';
import { signedHeaders } from '../../core/signature.ts';
import type { Check } from '../check.ts';
import type { CheckJob } from '../job.ts';
import { outcomes } from '../outcomes.ts';
import { judgeRejection } from '../rejection.ts';
import type { CheckRun } from '../run.ts';
import type { Verdict } from '../verdict.ts';
import { fix, refusals, verified } from './svix.ts';

/** Seconds that a timestamp may be off, either way, at Svix's own libraries. */
const tolerance = 300;
/** Seconds between an edge and what is sent beside it: the request is under way, and a busy machine waits. */
const margin = 15;
/** Seconds that are too much for anybody. */
const farOff = 600;

/** Delivers what was signed so many seconds from now; below 0 in the past. */
async function signedAt(run: CheckRun, seconds: number): Promise<{ job: CheckJob; attempt: Attempt }> {
  const job = await run.sender.job();
  const sent = await run.sender.delivery(job);
  const change = (headers: readonly HeaderPair[]): HeaderPair[] => {
    const stamp = { id: sent.messageId!, timestamp: Math.floor(Date.now() / 1000) + seconds };
    const unsigned = headers.filter(([name]) => !name.startsWith('svix-'));
    return [...unsigned, ...signedHeaders(run.bench.sender.signingKey!, stamp, sent.delivery.body)];
  };
  const note = `signed ${Math.abs(seconds)} s ${seconds < 0 ? 'ago' : 'ahead'}`;
  run.doing(note);
  return { job, attempt: await run.sender.inTime(sent, { change, note }) };
}

/** Judges whether timestamps are refused: one that is far off, and one just outside the tolerance. */
async function judgeRefused(run: CheckRun, sign: 1 | -1): Promise<Verdict> {
  const where = sign < 0 ? 'in the past' : 'in the future';
  const reject = async (seconds: number): Promise<Verdict> => {
    const { attempt } = await signedAt(run, sign * seconds);
    const what = `a timestamp ${seconds} s ${where}`;
    return judgeRejection(run, attempt, { what, statuses: refusals });
  };
  const far = await reject(farOff);
  if (far.outcome === 'failed') return far;
  const edge = await reject(tolerance + margin);
  // A tolerance of one's own that is a little wider does not open the door.
  return edge.outcome === 'failed'
    ? { ...edge, severity: edge.severity === 'info' ? 'info' : 'warning' }
    : edge;
}

const timestampCheck = (given: Pick<Check, 'id' | 'title' | 'proves' | 'run'>): Check => ({
  ...given,
  why: verified,
  fix,
  severity: 'error',
  cause: 'signature',
  needs: ['svix', 'clean'],
  overlaps: true,
  waits: 2,
});

export const staleTimestamp = timestampCheck({
  id: 'svix-stale-timestamp',
  title: 'signed ten minutes ago, and a little more than five',
  proves: 'A recording that is played back later is refused.',
  run: (run) => judgeRefused(run, -1),
});

export const futureTimestamp = timestampCheck({
  id: 'svix-future-timestamp',
  title: 'signed for ten minutes ahead, and a little more than five',
  proves: 'What is signed for later is refused: a recording of it would stay good until then.',
  run: (run) => judgeRefused(run, 1),
});

export const toleratedTimestamp = timestampCheck({
  id: 'svix-tolerated-timestamp',
  title: 'signed a little less than five minutes ago, and ahead',
  proves: 'A clock that is off, or a delivery that was held up, loses nothing within the five minutes.',
  async run(run) {
    const jobs: CheckJob[] = [];
    for (const sign of [-1, 1]) {
      const seconds = sign * (tolerance - margin);
      const { job, attempt } = await signedAt(run, seconds);
      const context = `a timestamp ${Math.abs(seconds)} s ${sign < 0 ? 'in the past' : 'in the future'} (${outcomes([attempt])})`;
      const refused = run.refusal([attempt], context);
      if (refused !== null) {
        await run.watch.quiet();
        return refused;
      }
      jobs.push(job);
    }
    return run.judgeOnce(jobs, 'timestamps just within the tolerance of five minutes');
  },
});
