import { printable } from './text.ts';
import { bugsUrl, version } from './version.ts';

/** A failure that the user can act on. Anything else that is thrown is a bug and shows its stack. */
export class UserError extends Error {
  override readonly name = 'UserError';

  /**
   * @param code stable identifier, e.g. `port-in-use`
   * @param message one line that says what is wrong and what to do; line breaks of what it quotes are escaped
   * @param exitCode 2 for wrong usage, 1 for a failure, 3 when a check could not be made
   * @param options `lines` that follow the message: what an app printed last, what moved
   */
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: 1 | 2 | 3 = 1,
    { lines = [], ...options }: ErrorOptions & { lines?: readonly string[] } = {},
  ) {
    super([printable(message), ...lines.map((line) => printable(`  ${line}`, true))].join('\n'), options);
  }
}

/** A {@link UserError} for bad input: exit code 2. */
export const usageError = (code: string, message: string): UserError => new UserError(code, message, 2);

/**
 * An error as one that the user can act on, where it tells that text would be longer than JavaScript can hold (512 MB:
 * many long bodies at once, or one with a large --max-body); any other as it is.
 */
export function unlessTooLong(error: unknown): unknown {
  const tooLong =
    systemCode(error) === 'ERR_STRING_TOO_LONG' ||
    (error instanceof RangeError && error.message === 'Invalid string length');
  if (!tooLong) return error;
  const message =
    'This would be more than 512 MB of text: ask for less at once, or keep less of long bodies (--max-body).';
  return new UserError('too-long', message, 1, { cause: error });
}

/** The `code` of a system error (`ECONNREFUSED` …), also when it hides in `cause` or an AggregateError. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  if (cause !== undefined) return systemCode(cause);
  return Array.isArray(errors) ? systemCode(errors[0]) : undefined;
}

/** The message of anything that was thrown; Node's AggregateError has an empty one of its own. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  const first = (error as Partial<AggregateError>).errors?.[0];
  return first === undefined ? error.name : messageOf(first);
}

/** For work that can fail only by a bug, and that nobody waits for: its failure is an exception nobody caught. */
export function mustNotFail(work: Promise<unknown>): void {
  work.catch((error: unknown) =>
    queueMicrotask(() => {
      throw error;
    }),
  );
}

/** What is said of an error that nobody but us can act on, with its stack. */
export const bugReport = (error: unknown): string =>
  `This is a bug in reducto-webhook-dev ${version}: please report it at ${bugsUrl}\n${error instanceof Error ? error.stack : messageOf(error)}`;

/** The error of a file that can't be written. */
export const unwritable = (path: string, cause: unknown): UserError =>
  new UserError('file', `${path} can't be written: ${messageOf(cause)}.`, 1, { cause });
