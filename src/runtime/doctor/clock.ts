import { formatDuration } from '../../core/units.ts';
import { ask } from '../../tunnel/http.ts';
import { type Finding, type Look, note, ok, warning, wrong } from './finding.ts';

/** ms that Svix's libraries let a signature's time be off, either way. */
const tolerance = 300_000;
/** ms that are worth a word. */
const noticeable = 30_000;

/**
 * This machine's clock against the `Date` of an answer from outside. Not through the tunnel: what answers there is this
 * machine itself.
 */
export const lookAtClock: Look = async ({ timeUrls }, signal) => {
  try {
    return [await Promise.any(timeUrls.map((url) => skew(url, signal)))];
  } catch {
    return [note('the clock could not be compared: none of the servers asked for the time answered')];
  }
};

async function skew(url: string, signal: AbortSignal): Promise<Finding> {
  const { host } = new URL(url);
  const asked = Date.now();
  const { headers } = await ask(new URL(url), { maxBytes: 1, signal });
  const now = (asked + Date.now()) / 2;
  const theirs = Date.parse(headers.date ?? '');
  if (Number.isNaN(theirs)) throw new Error('an answer without a time');
  return judgeSkew(now - theirs, host);
}

/** @param ms by which this machine is ahead of `host`, whose time has whole seconds */
export function judgeSkew(ms: number, host: string): Finding {
  const off = Math.abs(ms);
  if (off < 2000) return ok(`the clock is right (by ${host})`);
  const what = `the clock is ${formatDuration(off)} ${ms > 0 ? 'ahead' : 'behind'} (by ${host})`;
  const todo = 'have the system set its clock (timedatectl set-ntp true; in a VM after sleep: set it anew).';
  if (off > tolerance)
    return wrong(`${what}: Svix's signatures are refused from ${formatDuration(tolerance)} on`, todo);
  return off > noticeable ? warning(what, todo) : ok(what);
}
