import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/**
 * Lets this process end as it means to when its terminal is gone by then (a window that was closed, a lost ssh). Node
 * gives a terminal its modes back at exit and aborts where that fails, which a terminal that is gone always does
 * (node.cc, ResetStdio: it skips a descriptor that was reopened).
 */
export function surviveGoneTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.once('exit', () => {
    for (const fd of terminals.filter((each) => !isatty(each))) {
      closeSync(fd);
      openSync(devNull, 'r+'); // takes the lowest free number, which is the one just closed
    }
  });
}
