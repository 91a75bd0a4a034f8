import { findProgram } from '../../tunnel/find-program.ts';
import { type Finding, type Look, note, ok, type Surroundings, warning } from './finding.ts';

/** Whether the terminal shows colours and all characters, and whether there is a clipboard. */
export const lookAtTerminal: Look = (around) => [screen(around), unicode(around), clipboard(around)];

function screen({ terminal: { isTTY, colors }, env }: Surroundings): Finding {
  if (!isTTY) return note('the output is no terminal: listen prints plain lines there, no full screen');
  if (env.TERM === 'dumb')
    return warning(
      'TERM is "dumb": the full screen can not be drawn',
      'use another terminal, or --output plain.',
    );
  if (env.NO_COLOR) return note('no colours, as NO_COLOR asks');
  return colors < 16
    ? note(`the terminal has ${colors} colours`, 'set TERM to what it is, for example xterm-256color.')
    : ok(`a terminal with ${colors} colours`);
}

function unicode({ env, platform }: Surroundings): Finding {
  // Which of them counts: POSIX, "Internationalization Variables". Windows and macOS have no need of them.
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  if (platform === 'win32' || platform === 'darwin' || /utf-?8/i.test(locale)) return ok('Unicode');
  return warning(
    `the locale ${locale === '' ? 'is not set' : `is ${locale}`}: characters beyond ASCII may be shown wrong`,
    'set LANG to a UTF-8 locale, for example: export LANG=C.UTF-8',
  );
}

const clipboardPrograms = ['wl-copy', 'xclip', 'xsel', 'termux-clipboard-set', 'clip.exe'];

function clipboard({ platform, env, terminal }: Surroundings): Finding {
  if (platform === 'win32' || platform === 'darwin') return ok("the system's clipboard");
  const program = clipboardPrograms.find((name) => findProgram(name) !== null);
  const display =
    env.WAYLAND_DISPLAY || env.DISPLAY || program === 'clip.exe' || program?.startsWith('termux');
  if (program !== undefined && display) return ok(`clipboard by ${program}`);
  if (terminal.isTTY) return ok('clipboard by the terminal (OSC 52), where it allows that');
  return note('no clipboard', 'install wl-clipboard, xclip or xsel, or use a terminal that knows OSC 52.');
}
