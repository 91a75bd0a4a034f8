import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEndpoint } from '../../core/endpoint.ts';
import { ReductoClient } from '../reducto/client.ts';
import { makeSubmission } from '../reducto/submission.ts';
import { Runtime } from '../runtime.ts';
import type { RuntimeEvent } from '../session.ts';
import { SampleHandler } from './handler.ts';

const secret = 'demo-secret';

/** Everything that the demo needs, running: the tool with its emulator, and the app with its bug. */
export class Stage {
  /** The last thing that the app said of each job. */
  readonly said = new Map<string, string>();
  /** What was acknowledged, as job ids with the sender's answer, in order. */
  readonly #answered: { jobId: string; status: number | null }[] = [];
  readonly #jobOf = new Map<number, string>();
  readonly #client: ReductoClient;
  #webhookUrl: string;

  private constructor(
    readonly runtime: Runtime,
    readonly handler: SampleHandler,
    private readonly dataDir: string,
    /** Ends every wait. */
    private readonly signal: AbortSignal,
  ) {
    const { emulator, receiverUrl } = runtime.status();
    this.#client = new ReductoClient({ name: 'The emulator', baseUrl: emulator!.url, apiKey: 'demo' });
    this.#webhookUrl = `${receiverUrl}/webhook`;
    runtime.subscribe((event) => this.#note(event));
  }

  /**
   * Opens it on free ports and a new data directory of its own.
   * @param onSaid told each line that the app logs
   */
  static async open(signal: AbortSignal, onSaid: (line: string) => void): Promise<Stage> {
    const dataDir = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-demo-'));
    const handler = new SampleHandler(secret, (line, jobId) => {
      stage?.said.set(jobId, line);
      onSaid(line);
    });
    let stage: Stage | null = null;
    try {
      const runtime = await Runtime.start({
        ...{ dataDir, port: 0, host: '127.0.0.1', ack: 'app', allowHost: [], secret },
        ...{ rejectUnverified: false, fault: '', keep: 1000, maxBody: 1024 * 1024, timeout: 10_000 },
        endpoints: [parseEndpoint(`${await handler.listen()}/webhook`)],
        emulator: { port: 0, settings: { jobTime: '300ms-900ms', retrySpeed: '2' } },
      });
      stage = new Stage(runtime, handler, dataDir, signal);
      return stage;
    } catch (error) {
      await handler.close();
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Submits a job to the emulator, as an app does. @returns its id */
  submit(name: string): Promise<string> {
    const request = { type: 'parse', input: `https://example.com/${name}` } as const;
    const metadata = { user: name.replace(/\..*$/, ''), secret };
    const { path, body } = makeSubmission(
      { ...request, metadata },
      { mode: 'direct', url: this.#webhookUrl },
    );
    return this.#client.submit(path, body);
  }

  /** Waits until a webhook of the job has been answered 2xx; then says what the app said. */
  async taken(jobId: string): Promise<string> {
    const isTaken = ({ status }: { status: number | null }): boolean =>
      status !== null && status >= 200 && status < 300;
    while (!this.#answered.some((answer) => answer.jobId === jobId && isTaken(answer))) await this.pause(50);
    return this.said.get(jobId) ?? '';
  }

  /** Sends the job's first delivery a second time; says what the app said. */
  async duplicate(jobId: string): Promise<string> {
    const { deliveries } = await this.runtime.run('list', {
      filter: `job:${jobId}`,
      from: 'oldest',
      limit: 1,
    });
    await this.runtime.run('duplicate', { id: deliveries[0]!.id });
    return this.said.get(jobId) ?? '';
  }

  /** @throws AbortError once the demo is to end */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal });
  }

  /** Ends everything and removes what was written. */
  async close(): Promise<void> {
    await this.runtime.close();
    await this.handler.close();
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  #note(event: RuntimeEvent): void {
    if (event.type === 'delivery' && event.delivery.recognition.kind === 'reducto')
      this.#jobOf.set(event.seq, event.delivery.recognition.jobId);
    if (event.type !== 'acknowledgement') return;
    const jobId = this.#jobOf.get(event.seq);
    if (jobId !== undefined) this.#answered.push({ jobId, status: event.acknowledgement.status });
  }
}
