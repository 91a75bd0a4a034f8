import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError, usageError } from '../core/errors.ts';
import { seededRandom } from '../core/faults/fault-set.ts';
import { type Clock, systemClock, uuid } from '../core/ids.ts';
import { listensLater } from '../core/later.ts';
import type { JobStore, StoredJob } from '../store/jobs.ts';
import type { Api } from './api.ts';
import { WebhookEndpoints } from './endpoints.ts';
import { EmulatorFaults } from './faults.ts';
import { type ForcedAnswer, type JobFetch, JobFetches } from './fetches.ts';
import { JobEngine } from './jobs.ts';
import { type JobSource, makeJob, type NewJob, submittedJob } from './new-job.ts';
import type { EmulatorSettings } from './settings.ts';
import type { Submission } from './submission.ts';
import { Uploads } from './uploads.ts';
import { jobObject } from './view.ts';
import { type WebhookSender, webhooksOf } from './webhooks.ts';

/** What an emulator is made of. */
export interface EmulatorOptions {
  /** Where it keeps its jobs, uploads and registered endpoints. */
  store: { readonly jobs: JobStore };
  /** Sends the webhooks; the emulator closes it. */
  sender: WebhookSender;
  /** See `parseEmulatorSettings`. */
  settings: EmulatorSettings;
  clock?: Clock;
  /** Told when other faults are set: the status is another one. */
  onFaults?(): void;
  /** For ids, which have to differ from run to run; everything else is drawn from the setting `seed`. */
  random?: () => number;
}

/** What changed: a reader asks for what it shows. */
export type EmulatorEvent =
  | { type: 'job'; job: StoredJob }
  /** A fetch came (`ended` is false), and later was answered or given up. */
  | { type: 'fetch'; fetch: JobFetch; ended: boolean }
  | { type: 'endpoints' }
  /** A job has ended that wants a Svix webhook, and no endpoint of the portal listens to its channels. */
  | { type: 'unheard'; job: StoredJob }
  | { type: 'fault'; method: string; path: string; applied: readonly string[] };

/** The Reducto API on loopback: takes jobs, carries them to their end, serves results, sends webhooks, counts. */
export class Emulator {
  readonly settings: EmulatorSettings;
  /** Where Svix-mode webhooks go, as in the portal. */
  readonly endpoints: WebhookEndpoints;
  readonly #jobs: JobEngine;
  readonly #fetches: JobFetches;
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #newId: () => string;
  /** Draws what happens to jobs. */
  readonly #random: () => number;
  readonly #listeners = new Set<(event: EmulatorEvent) => void>();
  #faults: EmulatorFaults;
  #server: Server | null = null;

  constructor(private readonly options: EmulatorOptions) {
    const { store, settings, clock = systemClock, random = Math.random } = options;
    this.settings = settings;
    this.#clock = clock;
    this.#newId = () => uuid(random);
    this.#random = seededRandom(settings.seed);
    this.#faults = EmulatorFaults.parse(settings.fault, settings.seed);
    this.endpoints = new WebhookEndpoints(store.jobs, () => this.#publish({ type: 'endpoints' }));
    this.#fetches = new JobFetches((fetch, ended) => this.#publish({ type: 'fetch', fetch, ended }));
    this.#jobs = new JobEngine({
      store: store.jobs,
      clock,
      settings,
      onChange: (job) => this.#publish({ type: 'job', job: { ...job } }),
      sendWebhooks: async (job, tried) => {
        const webhooks = webhooksOf(job, settings, this.endpoints, random);
        let left = webhooks.length;
        if (left === 0) {
          tried();
          this.#publish({ type: 'unheard', job: { ...job } });
        }
        const oneTried = (): void => {
          left -= 1;
          if (left === 0) tried();
        };
        await Promise.all(webhooks.map((webhook) => options.sender.send(webhook, oneTried)));
      },
    });
    this.#api = {
      settings,
      clock,
      jobs: this.#jobs,
      uploads: new Uploads(store.jobs, this.#newId),
      endpoints: this.endpoints,
      fetches: this.#fetches,
      baseUrl: () => this.url,
      submit: (submission) => this.#submit(submission),
    };
  }

  /**
   * Opens the API on loopback and takes up the jobs that an earlier process left.
   * @param port 0 for any free one
   * @returns its URL, for REDUCTO_BASE_URL
   * @throws UserError when the port can't be had
   */
  async listen(port: number): Promise<string> {
    // Loaded at the first request: most who start the tool make none in a while, and all wait for its start.
    const app = listensLater(async () =>
      (await import('./app.ts')).createApp(this.#api, {
        faults: () => this.#faults,
        onFault: (request, applied) => this.#publish({ type: 'fault', ...request, applied }),
      }),
    );
    const server = createServer({ keepAliveTimeout: 65_000 }, app);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#jobs.start();
    return this.url;
  }

  /** Where it listens; empty before. */
  get url(): string {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address ? `http://127.0.0.1:${address.port}` : '';
  }

  /** Stops everything. Jobs under way are carried on by the next emulator on the same store. */
  async close(): Promise<void> {
    this.#jobs.close();
    await this.options.sender.close();
    const server = this.#server;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    this.#server = null;
  }

  /** What the API does wrong on purpose, as far as it is still to come. */
  get faults(): string {
    return this.#faults.print();
  }

  /** Sets faults from now on; none for an empty text. @throws UserError */
  setFaults(text: string, seed = this.settings.seed): void {
    this.#faults = EmulatorFaults.parse(text, seed);
    this.options.onFaults?.();
  }

  /** Makes a job that really exists, in a given state, without a request. */
  async createJob(given: NewJob = {}): Promise<StoredJob> {
    const job = makeJob(given, this.#source());
    await this.#jobs.add(job);
    return { ...job };
  }

  /** Ends a job that runs, now, and sends its webhook. @throws UserError when it is unknown or has ended */
  endJob(id: string, status: 'Completed' | 'Failed' | 'Cancelled' = 'Completed', reason?: string): void {
    this.#jobs.end(id, status, reason ?? (status === 'Failed' ? 'emulated failure' : null));
  }

  /** Makes a job unknown, as after its time. @returns false when it was unknown already */
  expireJob(id: string): Promise<boolean> {
    return this.#jobs.expire(id);
  }

  /** A job; null when it is unknown or has expired. */
  job(id: string): StoredJob | null {
    const job = this.#jobs.get(id);
    return job && { ...job };
  }

  /** The newest jobs that have not expired, newest first. */
  recentJobs(limit: number): StoredJob[] {
    return this.#jobs.page(undefined, limit);
  }

  /** What `GET /job/{id}` would answer, without counting; null when the job is unknown. */
  jobObject(id: string): Record<string, unknown> | null {
    const job = this.#jobs.get(id);
    return job && jobObject(job, this.#api);
  }

  /** How many jobs run or have a webhook to send. */
  get busy(): number {
    return this.#jobs.busy;
  }

  /** How many jobs are processed now, and how many have ended since this emulator was made. */
  get counts(): { running: number; ended: number } {
    return this.#jobs.counts;
  }

  /** Every `GET /job/{id}` of a job, or of all, in the order they came. */
  fetches(jobId?: string): JobFetch[] {
    return this.#fetches.list(jobId);
  }

  /** Has the next `count` `GET /job/{id}` of a job answered so. */
  nextFetches(jobId: string, answer: ForcedAnswer, count = 1): void {
    this.#fetches.force(jobId, answer, count);
  }

  /** Has the fetches of a job answered as they are again, whatever was still to come. */
  stopForcing(jobId: string): void {
    this.#fetches.stopForcing(jobId);
  }

  /** Keeps each `GET /job/{id}` of a job waiting for its answer. @returns what lets them go */
  holdFetches(jobId: string): () => void {
    return this.#fetches.hold(jobId);
  }

  /** Tells of every change. @returns what ends that */
  subscribe(listener: (event: EmulatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #submit(submission: Submission): Promise<StoredJob> {
    const known = { uploads: this.#api.uploads, job: (id: string) => this.#jobs.get(id) };
    const job = submittedJob(submission, this.#source(), known);
    await this.#jobs.add(job);
    return job;
  }

  #source = (): JobSource => ({
    settings: this.settings,
    random: this.#random,
    newId: this.#newId,
    now: this.#clock.now(),
  });

  #publish(event: EmulatorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** Makes an emulator; it serves once {@link Emulator.listen} is called. */
export const createEmulator = (options: EmulatorOptions): Emulator => new Emulator(options);

function listenError(error: NodeJS.ErrnoException, port: number): UserError {
  if (error.code === 'EADDRINUSE')
    return new UserError('port-in-use', `Port ${port} is in use: choose another one with --emulator-port.`);
  return usageError('emulator-port', `The emulator can't listen on port ${port} (${error.message}).`);
}
