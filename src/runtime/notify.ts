import { spawn } from 'node:child_process';
import { printable } from '../core/text.ts';
import { onPath } from '../tunnel/find-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A way to show a notification: the terminal's own sequence, or a program of the desktop. */
export type Notifier =
  | { kind: 'terminal'; sequence(text: string): string }
  | { kind: 'program'; command: string; args(text: string): string[]; env?(text: string): Environment };

const title = 'reducto-webhook-dev';

/** Terminals that show OSC 9 as a notification, by TERM_PROGRAM or TERM. */
const osc9 = /^(iterm\.app|wezterm|ghostty|xterm-ghostty|xterm-kitty|rio|warpterminal)$/i;
/** Terminals that know OSC 777 only. */
const osc777 = /^(rxvt-unicode|foot)/;

// What it shows comes in the environment, where nothing of it can be a part of the script.
const toast = `
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] > $null
$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent('ToastText02')
$texts = $xml.GetElementsByTagName('text')
$texts.Item(0).AppendChild($xml.CreateTextNode('${title}')) > $null
$texts.Item(1).AppendChild($xml.CreateTextNode($env:NOTIFICATION)) > $null
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($xml))
`;

const programs: Readonly<Record<string, Extract<Notifier, { kind: 'program' }>>> = {
  darwin: {
    kind: 'program',
    command: 'osascript',
    args: (text) => [
      ...['-e', 'on run argv', '-e', 'display notification (item 1 of argv) with title (item 2 of argv)'],
      ...['-e', 'end run', '--', text, title],
    ],
  },
  win32: {
    kind: 'program',
    command: 'powershell.exe',
    args: () => ['-NoProfile', '-NonInteractive', '-Command', toast],
    env: (text) => ({ NOTIFICATION: text }),
  },
  // Most of its servers read the text as markup.
  linux: {
    kind: 'program',
    command: 'notify-send',
    args: (text) => ['--app-name', title, '--', title, text.replace(/[&<>]/g, (char) => entities[char]!)],
  },
};

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * How notifications are shown here: by the terminal, where it is known to, else by the desktop.
 * @returns null where there is neither
 */
export function findNotifier(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): Notifier | null {
  const terminals = [env.TERM_PROGRAM ?? '', env.TERM ?? ''];
  if (terminals.some((name) => osc9.test(name)))
    return { kind: 'terminal', sequence: (text) => `\x1b]9;${title}: ${text}\x07` };
  if (terminals.some((name) => osc777.test(name)))
    return {
      kind: 'terminal',
      sequence: (text) => `\x1b]777;notify;${title};${text.replaceAll(';', ',')}\x07`,
    };
  const program = programs[platform] ?? programs.linux!;
  return onPath(program.command, env.PATH ?? '') === null ? null : program;
}

/** Characters that are shown. */
const most = 200;

/**
 * Shows a notification; one that can't be shown is nobody's loss. Whatever `text` holds, neither the terminal, a shell
 * nor the desktop obeys it.
 */
export function notify(notifier: Notifier, text: string, terminal: NodeJS.WritableStream): void {
  const safe = printable(text).slice(0, most);
  if (notifier.kind === 'terminal') return void terminal.write(notifier.sequence(safe));
  const { command, args, env } = notifier;
  const child = spawn(command, args(safe), {
    stdio: 'ignore',
    windowsHide: true,
    env: { ...process.env, ...env?.(safe) },
  });
  child.on('error', () => undefined);
  child.unref();
}
