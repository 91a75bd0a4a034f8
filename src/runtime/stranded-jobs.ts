import { parseFilter } from '../core/filter.ts';
import { printable } from '../core/text.ts';
import type { Store } from '../store/store.ts';

/** Ids that are named in a message; of more, how many. */
const mostNamed = 20;

/**
 * The jobs that still point to a URL: those that somebody waits for and whose delivery has not come, and those of the
 * emulator that are under way.
 * @param submitted ids of jobs that somebody waits for
 * @returns their ids
 */
export function strandedJobs(store: Store, submitted: readonly string[], url: string): string[] {
  const waiting = submitted.filter(
    (id) => store.page({ filter: parseFilter(`job:${JSON.stringify(id)}`), limit: 1 }).length === 0,
  );
  const emulated = store.jobs
    .unfinished()
    .filter(({ webhook }) => webhook?.mode === 'direct' && isBelow(webhook.url, url))
    .map(({ id }) => id);
  return [...new Set([...waiting, ...emulated])];
}

/** Whether a URL leads where another does, which may have a path: two inboxes of a relay are two. */
export function isBelow(url: string, base: string): boolean {
  if (!URL.canParse(url)) return false;
  const [one, other] = [new URL(url), new URL(base)];
  const path = other.pathname.replace(/\/+$/, '');
  return one.origin === other.origin && (one.pathname === path || one.pathname.startsWith(`${path}/`));
}

/** What a changed URL means for jobs, in a line. */
export function urlChangedMessage(from: string, to: string, stranded: readonly string[]): string {
  const named = stranded
    .slice(0, mostNamed)
    .map((id) => printable(id))
    .join(', ');
  const more = stranded.length > mostNamed ? ` and ${stranded.length - mostNamed} more` : '';
  const jobs =
    stranded.length === 0
      ? "jobs submitted with the old one can't reach you."
      : `${stranded.length === 1 ? 'this job still points' : 'these jobs still point'} to the old one: ${named}${more}. Read results with "reducto-webhook-dev job ID".`;
  return `The public URL changed from ${from} to ${to}: ${jobs}`;
}
