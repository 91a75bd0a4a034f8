import { UserError } from '../core/errors.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import type { LockOwner } from '../runtime/lock.ts';
import { pidHeader } from './local-api.ts';

/** Runs commands in the `listen` that owns a data directory. */
export class RemoteSession {
  constructor(private readonly owner: LockOwner) {}

  /** @throws UserError as the command there does, or when nobody answers */
  async run<K extends CommandId>(id: K, args: CommandArgs<K>): Promise<CommandResult<K>> {
    return (await this.#request(`/api/commands/${id}`, {
      method: 'POST',
      body: JSON.stringify(args),
    })) as CommandResult<K>;
  }

  /** Whether the owner takes commands by now. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.#fetch('/api/status', {})).ok;
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
      const { headers } = await this.#fetch('/api/status', {});
      return headers.get(pidHeader) === String(this.owner.pid);
    } catch (error) {
      // Slow is alive: better a wrong "it runs" than two processes on one file.
      return (error as Error).name === 'TimeoutError';
    }
  }

  async #request(path: string, init: RequestInit): Promise<unknown> {
    const response = await this.#fetch(path, init, 600_000);
    const body = (await response.json()) as { error?: { code: string; message: string; exitCode: 1 | 2 } };
    if (response.ok) return body;
    const { code, message, exitCode } = body.error ?? {
      code: 'api',
      message: `status ${response.status}`,
      exitCode: 1,
    };
    throw new UserError(code, message, exitCode);
  }

  #fetch(path: string, init: RequestInit, timeoutMs = 2000): Promise<Response> {
    const { apiUrl, token } = this.owner;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return fetch(apiUrl + path, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) });
  }
}
