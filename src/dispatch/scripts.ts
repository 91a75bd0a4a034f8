import { basename } from 'node:path';
import type { Delivery } from '../core/delivery.ts';
import type { Draft } from '../core/faults/fault.ts';
import { maskBodyText, maskTarget } from '../core/mask.ts';
import { freshSummary } from '../core/record.ts';
import { resign } from '../core/resign.ts';
import { signatureHeaders } from '../core/signature.ts';
import { type Message, Script, type ScriptContext } from './script.ts';

/** A request on its way to the app, as scripts see it. */
export interface ScriptedRequest extends Draft {
  method: string;
  /** With the query. */
  path: string;
}

/** A message as scripts have left it, and what is to be said of that. */
export interface Scripted<T extends Message> {
  message: T;
  notes: string[];
}

/** The scripts of the rules, one after another: what one gives, the next one gets. */
export class Scripts {
  readonly #scripts: readonly Script[];

  /** @param limitMs see {@link Script} */
  constructor(files: readonly string[], limitMs?: number) {
    this.#scripts = files.map((file) => new Script(file, limitMs));
  }

  get none(): boolean {
    return this.#scripts.length === 0;
  }

  /** A request on its way to the app; signed anew where its body is another one and the key is known. */
  async request(
    draft: ScriptedRequest,
    context: ScriptContext,
    { key, now }: { key: Buffer | null; now: number },
  ): Promise<Scripted<ScriptedRequest>> {
    const { message, notes } = await this.#through('request', draft, context, 'sent');
    // Its own body stays the same object: it is not stored a second time.
    if (Buffer.compare(message.body, draft.body) === 0)
      return { message: { ...message, body: draft.body }, notes };
    if (!signatureHeaders(message.headers)?.signature) return { message, notes };
    if (key === null) return { message, notes: [...notes, 'the signature is wrong now: not signed anew'] };
    return { message: { ...message, headers: resign(message, key, now) }, notes: [...notes, 'signed anew'] };
  }

  /** An answer on its way to the sender. */
  answer<T extends Message>(answer: T, context: ScriptContext): Promise<Scripted<T>> {
    return this.#through('answer', answer, context, 'given');
  }

  close(): void {
    for (const script of this.#scripts) script.close();
  }

  async #through<T extends Message>(
    name: 'request' | 'answer',
    given: T,
    context: ScriptContext,
    done: string,
  ): Promise<Scripted<T>> {
    let current = given;
    const notes: string[] = [];
    for (const script of this.#scripts) {
      const { status, method, path, headers, body } = current as Message;
      const known = { status, method, path };
      const { message, failed, printed } = await script.call(name, { ...known, headers, body }, context);
      const file = basename(script.file);
      notes.push(...linesOf(printed).map((line) => `${file}: ${line}`));
      if (failed !== null)
        notes.push(`--transform ${file} failed, ${done} as it was: ${failed.slice(0, mostShown)}`);
      if (message === null) continue;
      const after = { ...current, headers: message.headers, body: message.body, ...kept(known, message) };
      if (name === 'answer' && isOther(current, after)) notes.push(`changed by --transform ${file}`);
      if (name === 'request' && lineOf(after) !== lineOf(current))
        notes.push(`${maskTarget(lineOf(after))}, by --transform ${file}`);
      current = after;
    }
    return { message: current, notes };
  }
}

/** Characters of an error or of a printed line that are shown, and lines. */
const mostShown = 300;
const mostLines = 20;

/** The first lines of what a script has printed, without the secrets in it. */
function linesOf(printed: string): string[] {
  const lines = printed.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.slice(0, mostLines).map((line) => maskBodyText(maskTarget(line)).slice(0, mostShown));
}

/** What a message has besides headers and body, as a script has left it. */
const kept = (known: Pick<Message, 'status' | 'method' | 'path'>, made: Message) => ({
  ...(known.status === undefined ? {} : { status: made.status ?? known.status }),
  ...(known.method === undefined ? {} : { method: made.method ?? known.method }),
  ...(known.path === undefined ? {} : { path: made.path ?? known.path }),
});

const lineOf = ({ method, path }: Message): string => `${method} ${path}`;

const isOther = (before: Message, after: Message): boolean =>
  after.status !== before.status ||
  JSON.stringify(after.headers) !== JSON.stringify(before.headers) ||
  Buffer.compare(after.body, before.body) !== 0;

/** What scripts are told of a delivery. */
export function scriptContext(delivery: Delivery, more: ScriptContext = {}): ScriptContext {
  const { jobId, status } = freshSummary(delivery);
  const { seq, id, source, method, target } = delivery;
  return { sequence: seq, id, source, method, path: target, job_id: jobId, status, ...more };
}
