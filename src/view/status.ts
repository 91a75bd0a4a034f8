import type { RuleStatus } from '../core/rules/rule.ts';
import type { Status, TunnelState } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import type { Cell } from './row.ts';
import type { Tone } from './tone.ts';

/** A state's symbol and tone: the word says the same without colour. */
export const tunnelLook: Record<TunnelState, { symbol: string; tone: Tone }> = {
  off: { symbol: '○', tone: 'dim' },
  opening: { symbol: '◌', tone: 'warn' },
  open: { symbol: '●', tone: 'good' },
  degraded: { symbol: '◐', tone: 'warn' },
  reconnecting: { symbol: '◌', tone: 'warn' },
  closed: { symbol: '✗', tone: 'bad' },
};

/** Why the public URL is not simply open, and for how long; null when there is nothing to say. */
export function tunnelTrouble({ tunnel }: Status, now: number): string | null {
  const { state, reason, since } = tunnel;
  if (state === 'off') return null;
  if (state === 'open') return reason;
  return `${state} for ${formatDuration(Math.max(0, now - since))}${reason ? `: ${reason}` : ''}`;
}

/** By what a public URL is had, how long its way is, and what that changes; empty while there is none. */
export function tunnelFacts({ tunnel }: Status): string {
  const { url, provider, latencyMs, changes } = tunnel;
  if (url === null) return '';
  const facts = [
    `by ${provider}`,
    ...(latencyMs === null ? [] : [formatDuration(latencyMs)]),
    ...(changes === null
      ? []
      : [changes.length === 0 ? 'verified: bytes and headers arrive unchanged' : changes.join('; ')]),
  ];
  return facts.join(', ');
}

/** Whether something listens at an endpoint. */
export const endpointLook = {
  unknown: { text: '?', tone: 'dim' },
  up: { text: 'up', tone: 'good' },
  down: { text: 'down', tone: 'bad' },
} as const satisfies Record<string, Cell>;

/** A rule and how many deliveries it was about: `route status:failed → … (3)`. */
export const ruleText = ({ kind, text, matched }: RuleStatus): string => `${kind} ${text} (${matched})`;

/** How deliveries are verified: `verify: secret+svix, rejects`. */
export function verificationText({ secret, svix, reject }: Status['verification']): string {
  const ways = [...(secret ? ['secret'] : []), ...(svix ? ['svix'] : [])];
  return `verify: ${ways.length === 0 ? 'off' : ways.join('+')}${reject && ways.length > 0 ? ', rejects' : ''}`;
}
