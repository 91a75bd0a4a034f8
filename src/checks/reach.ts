import { setTimeout as delay } from 'node:timers/promises';
import { knock } from '../dispatch/connect.ts';

/** ms that an app has to take a connection. */
export const patienceMs = 3000;
/** ms that an app is given to come back, as it does under a development server that restarts it. */
const comebackMs = 5000;

/** Whether something listens there; one that is too busy to take a connection does, too. */
export async function isUp(origin: string): Promise<boolean> {
  const problem = await knock(origin, patienceMs);
  return problem === null || problem === 'ETIMEDOUT';
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
