/** What the emulated API answers to a job's fetch, when it fails. */
export type ApiFailure = 429 | 500 | 503;

/** One thing that happens to the app. Jobs are numbers from 0 up. */
export type Step =
  /** The jobs' webhooks, all at the same instant; a job named twice comes twice. */
  | { kind: 'deliver'; jobs: readonly number[] }
  /** The app works and answers, but the answer is lost: the sender has to come again. */
  | { kind: 'lose-ack'; job: number }
  /** The sender's time is up before the app has answered: it goes away, and has to come again. */
  | { kind: 'hang-up'; job: number }
  /** The next fetches of a job fail. */
  | { kind: 'fail-api'; job: number; answer: ApiFailure; times: number }
  | { kind: 'wait'; ms: number }
  /** The app is killed (SIGKILL) while nothing is under way, and started again. */
  | { kind: 'restart' }
  /** It is killed in the middle of a delivery, when it fetches the job (or has answered without), and started again. */
  | { kind: 'crash'; job: number }
  /** A webhook for the job that the app must refuse: wrong secret or signature. */
  | { kind: 'forge'; job: number };

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
}

/** How many different jobs a schedule may be about. */
export const mostJobs = 3;

/** A step in words. @param name how a job is called */
export function describe(step: Step, name: (job: number) => string = jobName): string {
  switch (step.kind) {
    case 'deliver':
      return step.jobs.length === 1
        ? `deliver ${name(step.jobs[0]!)}`
        : `deliver ${counted(step.jobs, name)} at the same instant`;
    case 'lose-ack':
      return `deliver ${name(step.job)}, its answer is lost`;
    case 'hang-up':
      return `deliver ${name(step.job)}, the sender hangs up before the answer`;
    case 'fail-api': {
      const times = step.times === 1 ? 'the next fetch' : `the next ${step.times} fetches`;
      return `${times} of ${name(step.job)} will be answered ${step.answer}`;
    }
    case 'wait':
      return `wait ${step.ms} ms`;
    case 'restart':
      return 'kill the app and start it again';
    case 'crash':
      return `deliver ${name(step.job)}, kill the app in the middle of it, start it again`;
    case 'forge':
      return `a forged webhook for ${name(step.job)}`;
  }
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
