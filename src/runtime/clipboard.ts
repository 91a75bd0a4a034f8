import { writeText } from 'tinyclip';

/**
 * Puts text on the clipboard: through the desktop's own tool and, so that it works over SSH too, through the
 * terminal (OSC 52), when stdout is one.
 * @returns whether either way was there
 */
export async function copyToClipboard(
  text: string,
  terminal: NodeJS.WriteStream = process.stdout,
): Promise<boolean> {
  if (terminal.isTTY) terminal.write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  try {
    await writeText(text);
    return true;
  } catch {
    // No clipboard tool on this machine (a server, a container): the terminal's way is all there is.
    return terminal.isTTY === true;
  }
}
