import type { ReactNode } from 'react';
import type { ScreenCommand } from '../view/keys/defaults.ts';
import { keyFor } from '../view/keys/labels.ts';
import { keyTable } from '../view/keys/table.ts';
import { usePage, useViewState } from './page.ts';

/** A page that scrolls by itself has no rows of its own making. */
const noSurface = { listRows: 0, tab: null, page: null };

interface CommandButtonProps {
  command: ScreenCommand;
  className?: string;
  pressed?: boolean;
  children: ReactNode;
}

/** A command of the screen as a button: what it would do, and its key, or why it can't act. */
export function CommandButton({ command, className, pressed, children }: CommandButtonProps) {
  const { view } = usePage();
  const state = useViewState();
  const row = keyTable.find((each) => each.command === command)!;
  const why = row.whyNot?.(state, noSurface) ?? null;
  const key = keyFor(state, command);
  return (
    <button
      type="button"
      className={className}
      aria-pressed={pressed}
      aria-disabled={why !== null}
      title={why ?? `${row.now?.(state) ?? row.help}${key === '' ? '' : ` (${key})`}`}
      onClick={() => view.command(command)}
    >
      {children}
    </button>
  );
}
