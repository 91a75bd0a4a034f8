import type { WorkStatus } from '../core/session.ts';
import { printable } from '../core/text.ts';

/** ms between two lines: fast enough to be seen to move. */
const frameMs = 200;

/** Shows on a terminal how far long work has come; anywhere else it shows nothing. */
export function showWork(out: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>): {
  show: (work: readonly WorkStatus[]) => void;
  end: () => void;
} {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(work) {
      const newest = work.at(-1);
      if (out.isTTY !== true || !newest || performance.now() - drawnAt < frameMs) return;
      drawnAt = performance.now();
      out.write(`\r\x1b[2K${workLine(newest).slice(0, Math.max(20, out.columns - 1))}`);
    },
    end() {
      if (drawnAt > 0) out.write('\r\x1b[2K');
    },
  };
}

function workLine({ label, done, total, failed }: WorkStatus): string {
  const sent = total === null ? `${done} sent` : `${done} of ${total} sent`;
  return printable(`${label}: ${sent}${failed > 0 ? `, ${failed} failed` : ''}`);
}
