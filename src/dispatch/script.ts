import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { messageOf, mustNotFail } from '../core/errors.ts';
import { maxHeaders, nameSchema, valueSchema } from '../core/formats/parts.ts';
import type { HeaderPair } from '../core/headers.ts';
import { formatDuration } from '../core/units.ts';

/** ms that one call of a script has. */
const patienceMs = 10_000;

/** A request to the app, or (with a status) an answer to the sender, as a script sees and changes it. */
export interface Message {
  status?: number;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** What a script is told besides. */
export type ScriptContext = Readonly<Record<string, string | number | null>>;

/** What a script made of a message; null where it has no function for it, or `failed` says why it made nothing. */
export interface Made {
  message: Message | null;
  failed: string | null;
}

const madeForm = z.object({
  status: z.int().min(200).max(599).optional(),
  headers: z.array(z.tuple([nameSchema, valueSchema])).max(maxHeaders),
  body: z.union([z.string().transform((text) => Buffer.from(text)), z.instanceof(Uint8Array)]),
});

/** What runs in the thread: one module, and calls of its functions. */
const thread = `
const { parentPort, workerData } = require('node:worker_threads');
const loaded = import(workerData);
loaded.catch(() => {}); // told by each call
parentPort.on('message', async ({ id, name, message, context }) => {
  try {
    const own = (await loaded)[name];
    if (own === undefined) return parentPort.postMessage({ id, made: null });
    message.body = Buffer.from(message.body);
    const { status, headers, body } = (await own(message, context)) ?? message;
    parentPort.postMessage({ id, made: { status, headers, body } });
  } catch (error) {
    parentPort.postMessage({ id, failed: String(error?.message ?? error) });
  }
});`;

/** A worker thread with the module as it is now. */
class Instance {
  readonly #worker: Worker;
  readonly #pending = new Map<number, (made: Made) => void>();
  #lastId = 0;
  /** Whether it takes no more calls: it ends with the last one under way. */
  retired = false;

  constructor(
    file: string,
    private readonly limitMs: number,
  ) {
    // What it prints would stand in the middle of our screen.
    this.#worker = new Worker(thread, {
      eval: true,
      workerData: pathToFileURL(file).href,
      stdout: true,
      stderr: true,
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', ({ id, made = null, failed = null }) => this.#settle(id, read(made, failed)));
    this.#worker.on('error', (error) => this.#fail(messageOf(error)));
    this.#worker.on('exit', () => this.#fail('its thread has ended'));
  }

  call(name: string, message: Message, context: ScriptContext): Promise<Made> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.retired = true; // it may never come back
        this.#settle(id, { message: null, failed: `it had not ended after ${formatDuration(this.limitMs)}` });
      }, this.limitMs);
      this.#pending.set(id, (made) => {
        clearTimeout(timer);
        resolve(made);
      });
      this.#worker.postMessage({ id, name, message, context });
    });
  }

  retire(): void {
    this.retired = true;
    if (this.#pending.size === 0) mustNotFail(this.#worker.terminate());
  }

  #settle(id: number, made: Made): void {
    this.#pending.get(id)?.(made);
    this.#pending.delete(id);
    if (this.retired) this.retire();
  }

  #fail(why: string): void {
    this.retired = true;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { message: null, failed: why });
  }
}

function read(made: unknown, failed: string | null): Made {
  if (made === null || failed !== null) return { message: null, failed };
  const parsed = madeForm.safeParse(made);
  if (parsed.success) return { message: parsed.data as Message, failed: null };
  const { path, message } = parsed.error.issues[0]!;
  return { message: null, failed: `what it gives is no message: ${path.join('.')} ${message}` };
}

/**
 * A module of the user's, in a thread of its own: what it does can't hold up or end this process. It is loaded anew, with
 * all that it imports of its own, when its file has changed.
 */
export class Script {
  #instance: Instance | null = null;
  #version = '';

  /** @param limitMs that one call has */
  constructor(
    readonly file: string,
    private readonly limitMs = patienceMs,
  ) {}

  /** Calls a function of the module; never rejects. */
  async call(name: 'request' | 'answer', message: Message, context: ScriptContext): Promise<Made> {
    try {
      return await this.#current().call(name, message, context);
    } catch (error) {
      return { message: null, failed: messageOf(error) };
    }
  }

  /** Ends its thread; nobody is to call it any more. */
  close(): void {
    this.#instance?.retire();
  }

  /** @throws when its file is gone */
  #current(): Instance {
    const { mtimeMs, size } = statSync(this.file);
    const version = `${mtimeMs} ${size}`;
    if (this.#instance === null || this.#instance.retired || version !== this.#version) {
      this.#instance?.retire();
      this.#instance = new Instance(this.file, this.limitMs);
      this.#version = version;
    }
    return this.#instance;
  }
}
