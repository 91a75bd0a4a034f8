import http, { type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { messageOf, UserError } from '../core/errors.ts';
import type { Status } from '../core/session.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import { pidHeader } from './access.ts';
import type { LockOwner } from './lock.ts';

/** ms that an owner has to say how it is. */
const statusWithinMs = 2000;

/** Runs commands in the `listen` that owns a data directory. */
export class RemoteSession {
  constructor(private readonly owner: LockOwner) {}

  /**
   * Waits as long as the command takes: a retry schedule may run for a day.
   * @param signal ends the command there too
   * @throws UserError as the command there does, when it was ended, or when nobody answers any more
   */
  async run<K extends CommandId>(
    id: K,
    args: CommandArgs<K>,
    signal?: AbortSignal,
  ): Promise<CommandResult<K>> {
    const body = JSON.stringify(args);
    try {
      return resultOf(
        await this.#ask(`/api/commands/${id}`, { method: 'POST', body, signal }),
      ) as CommandResult<K>;
    } catch (error) {
      throw signal?.aborted ? cancelled : error instanceof UserError ? error : this.#lost(error);
    }
  }

  #lost(cause: unknown): UserError {
    return new UserError(
      'no-answer',
      `The reducto-webhook-dev that has this data (pid ${this.owner.pid}) ended before it had answered (${messageOf(cause)}): see what was done with reducto-webhook-dev list.`,
      1,
      { cause },
    );
  }

  /** What the running tool says of itself. @throws UserError when it does not answer any more */
  async status(): Promise<Status> {
    try {
      return resultOf(await this.#status()) as Status;
    } catch (error) {
      throw error instanceof UserError ? error : this.#lost(error);
    }
  }

  /** Whether the owner takes commands by now. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.#status()).status === 200;
    } catch {
      return false; // it has just ended, or hangs: the caller looks again
    }
  }

  /**
   * Whether the owner is there. A port that refuses, or a stranger who does not know the token, means that the
   * pid in the lock file now belongs to another program.
   */
  async isAlive(): Promise<boolean> {
    try {
      const { headers } = await this.#status();
      return headers[pidHeader] === String(this.owner.pid);
    } catch (error) {
      // Slow is alive: better a wrong "it runs" than two processes on one file.
      return (error as Error).name === 'TimeoutError';
    }
  }

  #status(): Promise<Answer> {
    return this.#ask('/api/status', { signal: AbortSignal.timeout(statusWithinMs) });
  }

  /**
   * Makes a request on a connection of its own, and waits as long as it takes. (Node's fetch gives up after five minutes,
   * and now and then never settles where the other side ends meanwhile: nothing keeps the process alive then.)
   */
  #ask(path: string, { body, signal, ...options }: Ask): Promise<Answer> {
    const { apiUrl, token } = this.owner;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject((signal?.reason as Error | undefined) ?? error);
      http
        .request(`${apiUrl}${path}`, { ...options, headers, signal, agent: false }, (response) => {
          const { statusCode, headers } = response;
          text(response).then((content) => resolve({ status: statusCode!, headers, text: content }), fail);
        })
        .on('error', fail)
        .end(body);
    });
  }
}

interface Ask {
  method?: 'POST';
  body?: string;
  signal?: AbortSignal | undefined;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

const cancelled = new UserError('cancelled', 'Cancelled: what was sent so far stays recorded.');

/** The result in an answer of the API. @throws UserError when it is an error */
function resultOf({ status, text: content }: Answer): unknown {
  const answer: unknown = JSON.parse(content);
  if (status === 200) return answer;
  const { error } = answer as { error?: { code: string; message: string; exitCode: 1 | 2 } };
  const { code, message, exitCode } = error ?? { code: 'api', message: `status ${status}`, exitCode: 1 };
  throw new UserError(code, message, exitCode);
}
