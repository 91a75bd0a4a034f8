import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { messageOf, mustNotFail } from '../core/errors.ts';
import { maxHeaders, nameSchema, tokenForm, valueSchema } from '../core/formats/parts.ts';
import type { HeaderPair } from '../core/headers.ts';
import { formatDuration } from '../core/units.ts';

/** ms that one call of a script has. */
const patienceMs = 10_000;
/** Characters of what one call prints that are kept. */
const mostPrinted = 4096;

/** A request to the app (with method and path), or an answer to the sender (with a status), as a script sees and changes it. */
export interface Message {
  status?: number | undefined;
  method?: string | undefined;
  /** With the query, as the app is to get it. */
  path?: string | undefined;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** What a script is told besides. */
export type ScriptContext = Readonly<Record<string, string | number | null>>;

/** What a script made of a message; null where it has no function for it, or `failed` says why it made nothing. */
export interface Made {
  message: Message | null;
  failed: string | null;
  /** What it has printed meanwhile, or while it was loaded: the beginning of that. */
  printed: string;
}

const madeForm = z.object({
  status: z.int().min(200).max(599).optional(),
  method: z.string().regex(tokenForm, 'is no method').optional(),
  path: z
    .string()
    .regex(/^\/[!-~]*$/, 'is no path: it begins with / and has no spaces')
    .optional(),
  headers: z.array(z.tuple([nameSchema, valueSchema])).max(maxHeaders),
  body: z.union([z.string().transform((text) => Buffer.from(text)), z.instanceof(Uint8Array)]),
});

/** What runs in the thread: one module, and calls of its functions. What it prints is told with the call that did. */
const thread = `
const { AsyncLocalStorage } = require('node:async_hooks');
const { parentPort, workerData } = require('node:worker_threads');
const calls = new AsyncLocalStorage();
const loading = { id: 0, left: ${mostPrinted} };
for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk, ...more) => {
    const call = calls.getStore() ?? loading;
    const printed = Buffer.from(chunk).toString().slice(0, call.left);
    call.left -= printed.length;
    if (printed !== '') parentPort.postMessage({ id: call.id, printed });
    more.find((one) => typeof one === 'function')?.();
    return true;
  };
const loaded = import(workerData);
loaded.catch(() => {}); // told by each call
parentPort.on('message', async ({ id, name, message, context }) => {
  try {
    const own = (await loaded)[name];
    if (own === undefined) return parentPort.postMessage({ id, made: null });
    message.body = Buffer.from(message.body);
    const made = await calls.run({ id, left: ${mostPrinted} }, () => own(message, context));
    const { status, method, path, headers, body } = made ?? message;
    parentPort.postMessage({ id, made: { status, method, path, headers, body } });
  } catch (error) {
    parentPort.postMessage({ id, failed: String(error?.message ?? error) });
  }
});`;

/** A worker thread with the module as it is now. */
class Instance {
  readonly #worker: Worker;
  readonly #pending = new Map<number, (made: Omit<Made, 'printed'>) => void>();
  /** What calls have printed, by their ids; by 0 the module, as it was loaded. */
  readonly #printed = new Map<number, string>();
  #lastId = 0;
  /** Whether it takes no more calls: it ends with the last one under way. */
  retired = false;

  constructor(
    file: string,
    private readonly limitMs: number,
  ) {
    // What Node itself prints in it would stand in the middle of our screen.
    this.#worker = new Worker(thread, {
      eval: true,
      workerData: pathToFileURL(file).href,
      stdout: true,
      stderr: true,
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', ({ id, printed, made = null, failed = null }) => {
      if (printed === undefined) this.#settle(id, read(made, failed));
      else this.#printed.set(id, (this.#printed.get(id) ?? '') + printed);
    });
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
        resolve({ ...made, printed: this.#takePrinted(0) + this.#takePrinted(id) });
      });
      this.#worker.postMessage({ id, name, message, context });
    });
  }

  retire(): void {
    this.retired = true;
    if (this.#pending.size === 0) mustNotFail(this.#worker.terminate());
  }

  #takePrinted(id: number): string {
    const printed = this.#printed.get(id) ?? '';
    this.#printed.delete(id);
    return printed;
  }

  #settle(id: number, made: Omit<Made, 'printed'>): void {
    this.#pending.get(id)?.(made);
    this.#pending.delete(id);
    if (this.retired) this.retire();
  }

  #fail(why: string): void {
    this.retired = true;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { message: null, failed: why });
  }
}

function read(made: unknown, failed: string | null): Omit<Made, 'printed'> {
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
      return { message: null, failed: messageOf(error), printed: '' };
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
