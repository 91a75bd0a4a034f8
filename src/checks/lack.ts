import type { Bench } from './bench.ts';
import type { Check } from './check.ts';
import { notApplicable, notJudged, type Verdict } from './verdict.ts';

/** What keeps a check from being made; null when nothing does. */
export function lack({ needs }: Check, { options, baseline, notClean }: Bench): Verdict | null {
  const { secret, svixSecret, start } = options;
  for (const need of needs) {
    // Webhooks have one guard: direct ones a secret in the metadata, those of Svix a signature.
    // What is signed is no stranger's, whatever its metadata say (a WEBHOOK_SECRET may be set for something else).
    if (need === 'secret' && svixSecret !== undefined)
      return notApplicable('the handler is guarded by signatures (--svix-secret)');
    if (need === 'secret' && secret === undefined) return notJudged('no --secret was given');
    if (need === 'svix' && svixSecret === undefined)
      return secret === undefined
        ? notJudged('no --svix-secret was given')
        : notApplicable('the handler is guarded by --secret, and no --svix-secret was given');
    if (need === 'start' && start === undefined) return notJudged('the app was not started with --start');
    if (need === 'clean' && baseline === null)
      return notJudged(`once did not pass (${notClean ?? 'it did not run'})`);
    if (need === 'fetches' && baseline?.fetches === 0)
      return notJudged('the handler does not fetch its jobs from the emulated API (REDUCTO_BASE_URL)');
  }
  return null;
}
