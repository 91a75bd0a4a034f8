import type { CauseId } from './verdict.ts';

/** What several checks may have found in common. */
export interface Cause {
  title: string;
  /** How to repair a handler that fails more than one of its checks; one that fails a single one is told that check's own. */
  fix: string;
}

/** Causes by their ids. */
export const causes: Readonly<Record<CauseId, Cause>> = {
  again: {
    title: 'what comes again is worked on again, or refused',
    fix: 'Claim each job id (with Svix: the svix-id) with one atomic statement under a unique key in the database (INSERT … ON CONFLICT DO NOTHING), in the same transaction as the work, and keep it for longer than the sender retries (Svix: 28 h). Answer 2xx to what is known already.',
  },
  lost: {
    title: 'what fails or is cut off is lost',
    fix: 'Do the work and remember its id in one transaction, before the 2xx, and answer 5xx when it fails; or store the event, answer 2xx, and work on what is stored until it is done, after every failure and at every start.',
  },
  status: {
    title: 'how a job ended is not recorded as it should be',
    fix: 'Compare with "Completed" and "Failed" as Reducto writes them, record both, each once, and let the first one stand: a job ends once.',
  },
  guard: {
    title: 'strangers are let in, or break the handler',
    fix: 'Compare metadata.secret first, before any effect, as text and in constant time; answer 401 to whatever else is there: another value, another type, no metadata at all.',
  },
  signature: {
    title: 'signatures are not verified as Svix makes them',
    fix: 'Verify with the svix or standardwebhooks library on the raw bytes of the body, before they are parsed and before any effect; answer 400 or 401 when it fails.',
  },
  metadata: {
    title: 'metadata is expected to have a certain form',
    fix: 'Read metadata as optional and of any type (metadata?.user_id in JavaScript, (event.get("metadata") or {}) in Python).',
  },
  nonsense: {
    title: 'requests that are no webhooks are not refused',
    fix: 'Check the content type, limit the body, parse inside a try block, and answer 400, 413 or 415.',
  },
  assertion: {
    title: 'your own assertion (--verify) does not hold',
    fix: 'See what the command printed.',
  },
};
