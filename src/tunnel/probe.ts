import { createHmac, randomBytes } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import { probeHeader, probePath } from '../core/probe.ts';
import { type Answer, get } from './http.ts';
import { withDeadline } from './pause.ts';

/** Whether a public URL leads to this process; `reason` is a clause for a person. */
export type ProbeResult = { ok: true } | { ok: false; reason: string };

/** Proves that a public URL leads to this process and to nobody else. */
export interface Probe {
  /** What the receiver answers, as the body of a 200; null when no probe with this nonce is under way. */
  answer(nonce: string): string | null;
  /**
   * Sends one request through the public URL and verifies its answer.
   * @throws the signal's reason when it was aborted
   */
  check(publicUrl: string, signal: AbortSignal): Promise<ProbeResult>;
}

const hints: Record<number, string> = {
  404: 'the tunnel server no longer knows this name',
  408: 'the tunnel server got no answer from this machine',
  429: 'the tunnel server takes no more requests for now',
  502: 'the tunnel server has no connection to this machine',
  503: 'the tunnel server has no connection to this machine, or is overloaded',
  504: 'the tunnel server got no answer from this machine',
  511: 'a reminder or log-in page stands before it',
};

/**
 * Makes a probe with a key of its own.
 * @param timeoutMs after which a URL without an answer counts as broken
 */
export function createProbe({ timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Probe {
  // Whoever holds the name in our place sees the nonce, but can't answer it without this.
  const key = randomBytes(32);
  const outstanding = new Set<string>();
  const mac = (nonce: string): string => createHmac('sha256', key).update(nonce).digest('hex');

  return {
    answer: (nonce) => (outstanding.has(nonce) ? mac(nonce) : null),
    async check(publicUrl, signal) {
      const nonce = randomBytes(16).toString('hex');
      outstanding.add(nonce);
      try {
        return judge(
          await withDeadline(timeoutMs, signal, (bounded) => send(publicUrl, nonce, bounded)),
          mac(nonce),
        );
      } catch (error) {
        if (signal.aborted || !(error instanceof UserError)) throw error;
        return { ok: false, reason: error.message };
      } finally {
        outstanding.delete(nonce);
      }
    },
  };
}

const send = (publicUrl: string, nonce: string, signal: AbortSignal): Promise<Answer> =>
  get(new URL(probePath, publicUrl), {
    // loca.lt shows browsers a reminder page before the first request; this skips it in any case.
    headers: { [probeHeader]: nonce, 'bypass-tunnel-reminder': '1', 'user-agent': 'reducto-webhook-dev' },
    maxBytes: 100,
    signal,
  });

function judge({ status, body }: Answer, expected: string): ProbeResult {
  if (status === 200 && body === expected) return { ok: true };
  if (status === 200)
    return { ok: false, reason: 'answered by someone else: another client has taken this name' };
  const hint = hints[status];
  return { ok: false, reason: `answered with status ${status}${hint === undefined ? '' : `: ${hint}`}` };
}
