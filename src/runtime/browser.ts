import { once } from 'node:events';
import open from 'open';

/** Opens a URL in the user's browser. @returns false where there is none to be had, as on a machine without a screen */
export async function openInBrowser(url: string): Promise<boolean> {
  const { DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME, BROWSER } = process.env;
  if (process.platform === 'linux' && !(DISPLAY || WAYLAND_DISPLAY || WSL_DISTRO_NAME || BROWSER))
    return false;
  try {
    const child = await open(url);
    if (child.pid === undefined) await once(child, 'spawn');
    child.on('error', () => undefined); // it has been started, and is the user's from here
    return true;
  } catch {
    return false; // there is no such program: the caller shows the link
  }
}
