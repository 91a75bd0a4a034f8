/** One `GET /job/{id}`, as it came and was answered. */
export interface JobFetch {
  jobId: string;
  /** ms since the epoch. */
  at: number;
  /** Null while it is under way, or when it ended without an answer. */
  status: number | null;
  userAgent: string | null;
  /** The delivery and attempt it belongs to, when the handler passed the headers on that it got. */
  deliveryId: string | null;
  attemptId: string | null;
}

/** What a fetch is answered on purpose; `Pending` is a job that goes on. */
export type ForcedAnswer = 'Pending' | 404 | 429 | 500 | 503;

// Enough for any test, and an end to a handler that polls for days.
const maxKept = 100_000;

/** Counts the fetches of jobs, and answers some of them as told, or when. */
export class JobFetches {
  readonly #byJob = new Map<string, JobFetch[]>();
  readonly #forced = new Map<string, ForcedAnswer[]>();
  readonly #held = new Map<string, Promise<void>>();
  #kept = 0;

  /** @param onChange told when a fetch comes and when it is answered */
  constructor(private readonly onChange: (fetch: JobFetch, ended: boolean) => void) {}

  /** Those of a job, or all, in the order they came. */
  list(jobId?: string): JobFetch[] {
    if (jobId !== undefined) return (this.#byJob.get(jobId) ?? []).map((fetch) => ({ ...fetch }));
    return [...this.#byJob.values()]
      .flat()
      .map((fetch) => ({ ...fetch }))
      .sort((a, b) => a.at - b.at);
  }

  /** Notes a fetch that came. @returns what to call with its answer's status, null for none */
  begin(fetch: Omit<JobFetch, 'status'>): (status: number | null) => void {
    const noted: JobFetch = { ...fetch, status: null };
    const list = this.#byJob.get(fetch.jobId) ?? [];
    list.push(noted);
    this.#byJob.set(fetch.jobId, list);
    this.#kept += 1;
    this.#forgetOldest();
    this.onChange({ ...noted }, false);
    return (status) => {
      noted.status = status;
      this.onChange({ ...noted }, true);
    };
  }

  /** Has the next `count` fetches of a job answered so, after those that were asked for before. */
  force(jobId: string, answer: ForcedAnswer, count: number): void {
    const queue = this.#forced.get(jobId) ?? [];
    queue.push(...Array.from({ length: count }, () => answer));
    this.#forced.set(jobId, queue);
  }

  /** Has the fetches of a job answered as they are again. */
  stopForcing(jobId: string): void {
    this.#forced.delete(jobId);
  }

  /** What the fetch of now is to be answered; null for as it is. */
  takeForced(jobId: string): ForcedAnswer | null {
    const queue = this.#forced.get(jobId);
    const next = queue?.shift() ?? null;
    if (queue?.length === 0) this.#forced.delete(jobId);
    return next;
  }

  /** Keeps the fetches of a job waiting. @returns what lets them go */
  hold(jobId: string): () => void {
    let open: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#held.set(jobId, held);
    return () => {
      if (this.#held.get(jobId) === held) this.#held.delete(jobId);
      open();
    };
  }

  /** Until when the fetch of now has to wait; null for not at all. */
  heldUntil(jobId: string): Promise<void> | null {
    return this.#held.get(jobId) ?? null;
  }

  #forgetOldest(): void {
    while (this.#kept > maxKept) {
      const [oldest, list] = this.#byJob.entries().next().value!;
      this.#byJob.delete(oldest);
      this.#kept -= list.length;
    }
  }
}
