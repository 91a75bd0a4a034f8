import { messageOf, UserError } from '../core/errors.ts';
import type { Status } from '../core/session.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import { pidHeader } from './local-api.ts';
import type { LockOwner } from './lock.ts';

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
    const { apiUrl } = this.owner;
    // Not Node's fetch: that gives up after 5 minutes without an answer.
    const { Agent, request } = (await import('undici')).default;
    const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    try {
      const { statusCode, body } = await request(`${apiUrl}/api/commands/${id}`, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify(args),
        dispatcher: patient,
        signal,
      });
      return resultOf(statusCode, await body.json()) as CommandResult<K>;
    } catch (error) {
      throw signal?.aborted ? cancelled : error instanceof UserError ? error : this.#lost(error);
    } finally {
      await patient.destroy();
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
      const answer = await this.#status();
      return resultOf(answer.status, await answer.json()) as Status;
    } catch (error) {
      throw error instanceof UserError ? error : this.#lost(error);
    }
  }

  /** Whether the owner takes commands by now. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.#status()).ok;
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
      return headers.get(pidHeader) === String(this.owner.pid);
    } catch (error) {
      // Slow is alive: better a wrong "it runs" than two processes on one file.
      return (error as Error).name === 'TimeoutError';
    }
  }

  #status(): Promise<Response> {
    return fetch(`${this.owner.apiUrl}/api/status`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(2000),
    });
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.owner.token}`, 'content-type': 'application/json' };
  }
}

const cancelled = new UserError('cancelled', 'Cancelled: what was sent so far stays recorded.');

/** The result in an answer of the API. @throws UserError when it is an error */
function resultOf(status: number, answer: unknown): unknown {
  if (status === 200) return answer;
  const { error } = answer as { error?: { code: string; message: string; exitCode: 1 | 2 } };
  const { code, message, exitCode } = error ?? { code: 'api', message: `status ${status}`, exitCode: 1 };
  throw new UserError(code, message, exitCode);
}
