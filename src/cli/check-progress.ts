import type { Progress } from '../checks/index.ts';
import { printable } from '../core/text.ts';
import { resultLine } from './check-text.ts';

/** Shows a run while it runs: a line for each check that has ended and, on a terminal, one for what is being done. */
export function showProgress(
  out: NodeJS.WriteStream,
  color: boolean,
): {
  show: (progress: Progress) => void;
  end: () => void;
} {
  const live = out.isTTY === true;
  const began = performance.now();
  // In a file or a log a line may be as long as it is.
  const look = { color: color && live, columns: live ? out.columns : Number.POSITIVE_INFINITY };
  let current: { id: string; index: number; total: number; text: string } | null = null;
  const clear = (): void => void (live && out.write('\r\x1b[2K'));
  const draw = (): void => {
    if (!live || current === null) return;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const line = printable(
      `  ${current.index + 1}/${current.total} ${current.id}: ${current.text} (${seconds} s)`,
    );
    out.write(`\r\x1b[2K${line.slice(0, Math.max(20, out.columns - 1))}`);
  };
  const timer = live ? setInterval(draw, 200).unref() : null;
  return {
    show(progress) {
      if (progress.type === 'emulator') {
        clear();
        if (progress.appMustUseIt)
          out.write(
            `Emulated Reducto API: ${progress.url}\nYour app has to fetch its jobs there: start it with REDUCTO_BASE_URL=${progress.url}\n\n`,
          );
      } else if (progress.type === 'egress') {
        clear();
        out.write(
          `Proxy for outgoing calls: ${progress.url} (certificate to trust: ${progress.certificateFile})\n`,
        );
      } else if (progress.type === 'begin') {
        const { id, title, index, total } = progress;
        current = { id, index, total, text: title };
      } else if (progress.type === 'doing') {
        if (current) current.text = progress.text;
      } else {
        clear();
        out.write(`${resultLine(progress.result, look)}\n`);
      }
      draw();
    },
    end() {
      if (timer) clearInterval(timer);
      clear();
    },
  };
}
