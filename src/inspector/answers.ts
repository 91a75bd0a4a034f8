import { setImmediate as turn } from 'node:timers/promises';
import type { Response } from 'express';
import { messageOf, UserError, unlessTooLong, usageError } from '../core/errors.ts';

/** An error as the API tells it. */
export interface ApiError {
  error: {
    /** Stable, e.g. `arguments`. */
    code: string;
    message: string;
    /** What the command line would end with. */
    exitCode: 1 | 2 | 3;
  };
}

/** Sends what may be tens of megabytes, with a turn for others between the steps. */
export async function sendJson(response: Response, result: unknown): Promise<void> {
  await turn();
  const json = JSON.stringify(result) ?? 'null';
  await turn();
  response.type('json').send(Buffer.from(json));
}

/** Yes or no, from a query. @throws UserError for anything that says neither */
export function truth(value: unknown, name: string): boolean {
  if (value !== 'true' && value !== 'false') throw usageError('arguments', `${name}: true or false.`);
  return value === 'true';
}

/** Aborted once nobody waits for the answer any more. */
export function whileWaitedFor(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

/** Answers with an error of the API's own. */
export function tell(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ error: { code, message, exitCode: 1 } } satisfies ApiError);
}

/**
 * Answers with what was thrown; stderr stays clean, since a screen may be drawn there.
 * @param as another status than the error's usual one
 */
export function tellError(response: Response, error: unknown, as?: number): void {
  if (response.headersSent) return void response.destroy();
  const { status, ...told } = describe(error);
  response.status(as ?? status).json({ error: told } satisfies ApiError);
}

function describe(thrown: unknown): ApiError['error'] & { status: number } {
  const error = unlessTooLong(thrown);
  if (error instanceof UserError) {
    const { code, message, exitCode } = error;
    return { status: exitCode === 2 ? 400 : 409, code, message, exitCode };
  }
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === 'entity.parse.failed')
    return { status: 400, code: 'arguments', exitCode: 2, message: 'The arguments are not JSON.' };
  if (type === 'entity.too.large')
    return { status: 413, code: 'arguments', exitCode: 2, message: 'The arguments are over 20 MB.' };
  // Of a request that express can't read: its path, its length, its coding.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { status, code: 'refused', exitCode: 2, message: `The request is wrong: ${messageOf(error)}` };
  return {
    status: 500,
    code: 'bug',
    exitCode: 1,
    message: `This is a bug in reducto-webhook-dev: ${messageOf(error)}`,
  };
}
