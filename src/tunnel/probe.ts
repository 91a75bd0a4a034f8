import { createHmac, randomBytes } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import { type Arrival, probeHeader, probePath } from '../core/probe.ts';
import { type Answer, ask } from './http.ts';
import { compareMirrored, mirrored, mirrorRequest } from './mirror.ts';
import { withDeadline } from './pause.ts';
import { recognise } from './recognise.ts';

/** Whether a public URL leads to this process, and how long it took, ms; `reason` is a clause for a person. */
export type ProbeResult = { ok: true; ms: number } | { ok: false; reason: string };

/** Proves that a public URL leads to this process and to nobody else. */
export interface Probe {
  /** What the receiver answers, as the body of a 200; null when no probe with this nonce is under way. */
  answer(nonce: string): string | null;
  /** What it answers to a request that is compared; as above. */
  mirror(nonce: string, arrival: Arrival): string | null;
  /**
   * Sends one request through the public URL and verifies its answer.
   * @throws the signal's reason when it was aborted
   */
  check(publicUrl: string, signal: AbortSignal): Promise<ProbeResult>;
  /**
   * Sends a GET, and a POST of 1 MB with headers as Reducto and Svix send them, and compares what arrives.
   * @returns what arrives otherwise, each in a line for a person; empty for nothing
   * @throws the signal's reason when it was aborted
   */
  compare(publicUrl: string, signal: AbortSignal): Promise<string[]>;
}

/** ms for a body of 1 MB to come through. */
const compareTimeoutMs = 30_000;

/**
 * Makes a probe with a key of its own.
 * @param timeoutMs after which a URL without an answer counts as broken
 */
export function createProbe({ timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Probe {
  // Whoever holds the name in our place sees the nonce, but can't answer it without this.
  const key = randomBytes(32);
  const outstanding = new Set<string>();
  const mac = (text: string): string => createHmac('sha256', key).update(text).digest('hex');

  /** Sends something with a nonce, which is good until the answer is there. */
  async function withNonce<T>(
    ms: number,
    signal: AbortSignal,
    send: (nonce: string, bounded: AbortSignal) => Promise<T>,
  ): Promise<T | { problem: string }> {
    const nonce = randomBytes(16).toString('hex');
    outstanding.add(nonce);
    try {
      return await withDeadline(ms, signal, (bounded) => send(nonce, bounded));
    } catch (error) {
      if (signal.aborted || !(error instanceof UserError)) throw error;
      return { problem: error.message };
    } finally {
      outstanding.delete(nonce);
    }
  }

  return {
    answer: (nonce) => (outstanding.has(nonce) ? mac(nonce) : null),
    mirror: (nonce, arrival) => {
      if (!outstanding.has(nonce)) return null;
      const seen = JSON.stringify(arrival);
      return `${mac(nonce + seen)}${seen}`;
    },
    async check(publicUrl, signal) {
      const sentAt = performance.now();
      const result = await withNonce(timeoutMs, signal, async (nonce, bounded): Promise<ProbeResult> => {
        const answer = await knock(publicUrl, nonce, bounded);
        const ms = Math.round(performance.now() - sentAt);
        return answer.status === 200 && answer.body === mac(nonce)
          ? { ok: true, ms }
          : { ok: false, reason: recognise(answer) };
      });
      return 'problem' in result ? { ok: false, reason: result.problem } : result;
    },
    async compare(publicUrl, signal) {
      const changes: string[] = [];
      for (const request of [mirrorRequest('GET'), mirrorRequest('POST')]) {
        const result = await withNonce(compareTimeoutMs, signal, async (nonce, bounded) => {
          const headers = [...request.headers, probeHeader, nonce];
          const url = below(publicUrl, request.target);
          const answer = await ask(url, { ...request, headers, maxBytes: 100_000, signal: bounded });
          const arrival = mirrored(answer.body, (seen) => mac(nonce + seen));
          return arrival === null
            ? [`a ${request.what} is ${recognise(answer)}`]
            : compareMirrored(request, arrival);
        });
        changes.push(...('problem' in result ? [`a ${request.what} fails: ${result.problem}`] : result));
      }
      return [...new Set(changes)];
    },
  };
}

/** A path and query below a public URL, which may have a path of its own. */
const below = (publicUrl: string, target: string): URL => new URL(publicUrl.replace(/\/+$/, '') + target);

const knock = (publicUrl: string, nonce: string, signal: AbortSignal): Promise<Answer> =>
  ask(below(publicUrl, probePath), {
    headers: [probeHeader, nonce, ...ownHeaders],
    maxBytes: 20_000,
    signal,
  });

// loca.lt and ngrok show browsers a page before the first request; these skip it in any case.
const ownHeaders = [
  ...['user-agent', 'reducto-webhook-dev', 'bypass-tunnel-reminder', '1'],
  ...['ngrok-skip-browser-warning', '1'],
];
