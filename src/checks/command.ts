import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../core/errors.ts';

/** Characters of a command's output that are kept: the last ones, where runtimes say why. */
const keptOutput = 4000;

/** How a shell command of the user's ended. */
interface CommandEnd {
  /** Null when a signal ended it. */
  code: number | null;
  /** What it printed on both streams, the end of it. */
  output: string;
}

/** Runs a shell command to its end. @param values what it finds in its environment besides */
export async function runCommand(
  command: string,
  values: Readonly<Record<string, string>>,
  cwd: string,
): Promise<CommandEnd> {
  const env = { ...process.env, ...values };
  const child = spawn(command, { shell: true, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-keptOutput);
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output.trim() };
}

/**
 * Runs a command that has to succeed.
 * @param flag that it was given with, as in `--prepare`
 * @throws UserError with exit code 3 when it fails
 */
export async function mustRun(
  flag: string,
  command: string,
  values: Readonly<Record<string, string>>,
  cwd: string,
): Promise<void> {
  const { code, output } = await runCommand(command, values, cwd);
  if (code === 0) return;
  throw new UserError(flag.slice(2), `${flag} failed (exit code ${code}): ${command}`, 3, {
    lines: lastLines(output),
  });
}

/** The end of what a command printed, where the reason stands: lines of some 500 characters in all. */
export function lastLines(output: string): string[] {
  const end = output.trim().slice(-500);
  return end === '' ? [] : end.split(/\r?\n/);
}
