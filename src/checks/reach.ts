import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** ms that an app is given to come back, as it does under a development server that restarts it. */
const comebackMs = 5000;

/** Connects to where an app should listen. @returns why that failed; null when it did not */
export function knock(origin: string): Promise<string | null> {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: 3000 });
    const end = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => end(null));
    socket.once('timeout', () => end(noAnswer));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** What {@link knock} says of an app that does not take the connection in time. */
const noAnswer = 'no answer within 3 s';

/** Whether something listens there; one that is too busy to take a connection does, too. */
export async function isUp(origin: string): Promise<boolean> {
  const problem = await knock(origin);
  return problem === null || problem === noAnswer;
}

/** Waits for an app that went down. @returns whether it came back */
export async function waitUntilUp(origin: string, ms = comebackMs): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (await isUp(origin)) return true;
    await delay(50);
  }
  return false;
}
