import { formatDuration } from '../../core/units.ts';

/** What the emulated API answers to a job's fetch, when it fails; 404: the job is gone. */
export const apiFailures = [404, 429, 500, 503] as const;
export type ApiFailure = (typeof apiFailures)[number];

/** One thing that happens to the app. Jobs are numbers from 0 up. */
export type Step =
  /**
   * The jobs' webhooks, all at the same instant; a job named twice comes twice. Where someone has written so, `faults` (in
   * the fault language) strike the requests, and the answers are `lost` on their way to the sender.
   */
  | { kind: 'deliver'; jobs: readonly number[]; faults?: string; lost?: true }
  /** The app works and answers, but the answer is lost: the sender has to come again. */
  | { kind: 'lose-ack'; job: number }
  /** The sender's time is up before the app has answered: it goes away, and has to come again. */
  | { kind: 'hang-up'; job: number; at: number }
  /** The next fetches of a job fail. */
  | { kind: 'fail-api'; job: number; answer: ApiFailure; times: number }
  | { kind: 'wait'; ms: number }
  /** The app is killed (SIGKILL) while nothing is under way, and started again. */
  | { kind: 'restart' }
  /** It is killed while it has a delivery in hand, and started again. */
  | { kind: 'crash'; job: number; at: CrashMoment }
  /** A webhook for the job that the app must refuse: wrong secret or signature. */
  | { kind: 'forge'; job: number };

/**
 * When an app is killed: as it fetches the job, right after its answer, or at a share of the time that a clean
 * delivery needs from its last byte to its effect (0: as soon as it has the request; above 1: after the effect).
 */
export type CrashMoment = 'fetch' | 'answer' | number;

/** Shares of the time from request to answer at which a sender goes away. */
export const hangUpShares = [0, 0.5, 0.9] as const;
/** Shares of the time from request to effect at which an app is killed. */
export const crashShares = [0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.95, 1.05] as const;
/** ms that are longer than what handlers remember ids for: 2, 5 and 10 s. */
export const longWaitsMs = [2500, 5500, 11_000] as const;

/** What happens, in order. After it the sender makes the retries that are still due. */
export type Schedule = readonly Step[];

/** What the app and its surroundings allow. */
export interface Abilities {
  /** Whether the app can be killed and started again. */
  crashes: boolean;
  /** Whether it can tell true webhooks from false ones. */
  forgeries: boolean;
  /** Whether it fetches its jobs from the emulated API. */
  fetches: boolean;
  /** The longest wait that there is time for, ms. */
  longestWaitMs: number;
}

/** How many different jobs a schedule may be about. */
export const mostJobs = 3;

/** A step in words. @param name how a job is called */
export function describe(step: Step, name: (job: number) => string = jobName): string {
  switch (step.kind) {
    case 'deliver': {
      const what =
        step.jobs.length === 1 ? name(step.jobs[0]!) : `${counted(step.jobs, name)} at the same instant`;
      const struck = step.faults === undefined ? '' : ` (${step.faults})`;
      return `deliver ${what}${struck}${step.lost ? ', its answer is lost' : ''}`;
    }
    case 'lose-ack':
      return `deliver ${name(step.job)}, its answer is lost`;
    case 'hang-up':
      return `deliver ${name(step.job)}, the sender hangs up ${step.at === 0 ? 'before the answer' : `after ${percent(step.at)} of the usual time`}`;
    case 'fail-api': {
      const times = step.times === 1 ? 'the next fetch' : `the next ${step.times} fetches`;
      return `${times} of ${name(step.job)} will be answered ${step.answer}`;
    }
    case 'wait':
      return `wait ${formatDuration(step.ms)}`;
    case 'restart':
      return 'kill the app and start it again';
    case 'crash':
      return `deliver ${name(step.job)}, kill the app ${momentText(step.at)}, start it again`;
    case 'forge':
      return `a forged webhook for ${name(step.job)}`;
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function momentText(at: CrashMoment): string {
  if (at === 'fetch') return 'while it fetches the job';
  if (at === 'answer') return 'right after its answer';
  return at === 0 ? 'as soon as it has the request' : `after ${percent(at)} of the usual time to the effect`;
}

/** `job 1`. */
export const jobName = (job: number): string => `job ${job + 1}`;

function counted(jobs: readonly number[], name: (job: number) => string): string {
  const counts = new Map<number, number>();
  for (const job of jobs) counts.set(job, (counts.get(job) ?? 0) + 1);
  return [...counts].map(([job, n]) => (n === 1 ? name(job) : `${n} × ${name(job)}`)).join(' and ');
}

/** Jobs that a schedule is about, in the order of their first appearance. */
export function jobsOf(schedule: Schedule): number[] {
  const all = schedule.flatMap((step) => ('jobs' in step ? step.jobs : 'job' in step ? [step.job] : []));
  return [...new Set(all)];
}
