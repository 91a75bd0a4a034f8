import { basename } from 'node:path';
import type { Delivery } from '../core/delivery.ts';
import type { Draft } from '../core/faults/fault.ts';
import { freshSummary } from '../core/record.ts';
import { resign } from '../core/resign.ts';
import { signatureHeaders } from '../core/signature.ts';
import { type Message, Script, type ScriptContext } from './script.ts';

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
    draft: Draft,
    context: ScriptContext,
    { key, now }: { key: Buffer | null; now: number },
  ): Promise<Scripted<Draft>> {
    const { message, notes } = await this.#through('request', draft, context, 'sent');
    if (Buffer.compare(message.body, draft.body) === 0)
      return { message: { headers: message.headers, body: draft.body }, notes };
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
    let { headers, body, status } = given as Message;
    const notes: string[] = [];
    for (const script of this.#scripts) {
      const plain = { headers, body, ...(status === undefined ? {} : { status }) };
      const { message, failed } = await script.call(name, plain, context);
      const file = basename(script.file);
      if (failed !== null)
        notes.push(`--transform ${file} failed, ${done} as it was: ${failed.slice(0, mostShown)}`);
      if (message === null) continue;
      if (name === 'answer' && isOther(plain, message)) notes.push(`changed by --transform ${file}`);
      ({ headers, body } = message);
      if (status !== undefined) status = message.status ?? status;
    }
    return { message: { ...given, headers, body, ...(status === undefined ? {} : { status }) }, notes };
  }
}

/** Characters of an error that are shown. */
const mostShown = 300;

const isOther = (before: Message, after: Message): boolean =>
  (after.status ?? before.status) !== before.status ||
  JSON.stringify(after.headers) !== JSON.stringify(before.headers) ||
  Buffer.compare(after.body, before.body) !== 0;

/** What scripts are told of a delivery. */
export function scriptContext(delivery: Delivery, more: ScriptContext = {}): ScriptContext {
  const { jobId, status } = freshSummary(delivery);
  const { seq, id, source, method, target } = delivery;
  return { sequence: seq, id, source, method, path: target, job_id: jobId, status, ...more };
}
