import { render } from 'ink';
import { closeAll } from '../core/close.ts';
import { UserError } from '../core/errors.ts';
import { describeCommands } from '../runtime/describe.ts';
import { editRequest, isUnchanged } from '../runtime/editor.ts';
import type { Session } from '../runtime/session.ts';
import { createView } from '../view/controller.ts';
import type { EditRequest } from '../view/edit-replay.ts';
import type { UserKeys } from '../view/keys/defaults.ts';
import { App } from './app.tsx';
import { FrameStream } from './frame-stream.ts';
import { layoutOf } from './layout.ts';
import { createLoan } from './loan.ts';
import type { Size } from './size.ts';
import { createPaint } from './style.ts';
import { takeTerminal } from './terminal.ts';

export interface TuiOptions {
  /** False: no colour codes at all; bold, dim and inverse remain. */
  color: boolean;
  /** The keys that the user gave to commands. */
  keys?: UserKeys;
  /** Told whether the terminal is looked at, by terminals that know; they are asked only when this is given. */
  onFocus?: (looked: boolean) => void;
  stdin?: NodeJS.ReadStream;
  stdout?: NodeJS.WriteStream;
}

/**
 * Shows the full screen until the user quits (`q`, Ctrl-C) or a signal asks to end, then gives the terminal back.
 * The session stays as it is: the caller closes it.
 * @throws UserError when there is no terminal; what was thrown meanwhile and caught by nobody
 */
export async function runTui(session: Session, options: TuiOptions): Promise<void> {
  const { color, keys = {}, onFocus, stdin = process.stdin, stdout = process.stdout } = options;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new UserError('no-terminal', 'The full screen needs a terminal: use --output plain or json.', 2);

  const frames = new FrameStream(stdout);
  const loan = createLoan();
  const edit: EditRequest = async (request) => {
    await loan.begin();
    frames.shut();
    try {
      await terminal.lend();
      const edited = await editRequest(request);
      return edited && isUnchanged(request, edited) ? 'unchanged' : edited;
    } finally {
      terminal.resume();
      frames.open();
      loan.end();
    }
  };
  const size = (): Size => ({ columns: stdout.columns, rows: stdout.rows });
  const view = createView(session, {
    edit,
    keys,
    commands: describeCommands(),
    surface: (state) => layoutOf(state, size()).surface,
  });
  const terminal = takeTerminal(stdin, stdout, {
    onEnd: view.quit,
    onBug: view.fail,
    onRestore: () => frames.shut(),
    focus: onFocus !== undefined,
  });
  const app = render(
    <App
      view={view}
      terminal={stdout}
      frames={frames}
      loan={loan}
      paint={createPaint(color)}
      onFocus={onFocus}
    />,
    {
      stdin,
      stdout: frames as unknown as NodeJS.WriteStream,
      debug: true, // whole frames, which FrameStream paints
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
    },
  );
  try {
    // Ink's promise ends early only with an error thrown while drawing.
    await Promise.race([view.done, app.waitUntilExit()]);
  } finally {
    await closeAll(view.close, app.unmount, terminal.restore);
  }
}
