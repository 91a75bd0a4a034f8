import { systemCode } from '../core/errors.ts';

/** What is done when stdout can't be written any more. */
let onLost = endAs;

/**
 * Looks out for a stdout that can't be written: its reader has gone, its disk is full. Whoever prints a result ends
 * then; whoever has more to do says so with {@link takeOutput}.
 */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => onLost(systemCode(error) ?? error.message));
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined);
}

/** From now on `lost` is told why stdout can't be written, in a word such as EPIPE, and the process goes on. */
export function takeOutput(lost: (why: string) => void): void {
  onLost = lost;
}

function endAs(why: string): void {
  // A reader that has had enough ("| head") is no failure.
  if (why !== 'EPIPE') {
    process.stderr.write(`reducto-webhook-dev: the output can't be written (${why}).\n`);
    process.exitCode = 1;
  }
  // What listens for a signal to end it has things to put in order.
  if (!process.emit('SIGTERM')) process.exit();
}
