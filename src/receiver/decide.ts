import type { Delivery } from '../core/delivery.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import { type Origins, strangerOf } from '../core/guard.ts';
import { headerValue } from '../core/headers.ts';
import type { Way } from '../core/rules/way.ts';
import { formatSize } from '../core/units.ts';
import { isVerified } from '../core/verification.ts';
import { maxHeadBytes } from '../dispatch/answer-head.ts';
import { type Answer, lost, onPurpose, silence, toolAnswer } from './answer.ts';
import type { Incoming, RequestHead } from './incoming.ts';
import { welcome } from './welcome.ts';

/** Whose answer the sender gets: the app's, 200 at once, or a fixed status. */
export type AckPolicy = 'app' | 'now' | number;

/** What of a request's head decides whether it is taken. */
export interface Head extends Origins {
  method: string;
  target: string;
  httpVersion: string;
}

/**
 * The answer to a request that is not taken for its head; null when it is taken. There is one for each form of a
 * target (RFC 9112, 3.2): a path and an absolute URL are taken, `*` is of OPTIONS alone, and nothing else is one.
 * @param allowed hosts besides this machine's own; null where everybody may come in
 */
export function refusedHead(head: Head, allowed: readonly string[] | null): Answer | null {
  const { method, target, httpVersion, host } = head;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return toolAnswer(400, 'it is not of HTTP 1.0 or 1.1');
  if (host === undefined && httpVersion === '1.1') return toolAnswer(400, 'it has no Host header');
  if (target === '*' && method !== 'OPTIONS')
    return toolAnswer(400, 'its target is "*", which is for OPTIONS only');
  if (!target.startsWith('/') && target !== '*' && !isHttpUrl(target))
    return toolAnswer(400, 'its target is no path and no http(s) URL');
  const stranger = allowed === null ? null : strangerOf(head, allowed);
  return stranger === null
    ? null
    : toolAnswer(403, `${stranger}: only this machine may (or who is named with --allow-host)`);
}

const isHttpUrl = (target: string): boolean => /^https?:\/\//i.test(target) && URL.canParse(target);

/** To CONNECT, which has a form of target of its own. */
export const noProxy = toolAnswer(405, 'CONNECT is for proxies, and this is none', [
  ['allow', 'GET, POST, PUT'],
]);

/**
 * The answer to a request from a relay which a server of Node's would not have passed on here; null when it would. (The
 * relay's own server has refused most of such: bodies and lengths are as they should be.)
 */
export function refusedRelayed({ method, target, headers }: Omit<RequestHead, 'source'>): Answer | null {
  if (method === 'CONNECT') return noProxy;
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, target.length);
  return bytes < maxHeadBytes ? null : toolAnswer(431, headTooLarge);
}

/** Why a request is refused for its head. */
export const headTooLarge = 'its headers are over 64 KB';

/** The answer to a delivery that is kept from the app; null when it may go on. */
export function refusedDelivery(
  { intake, verification }: Pick<Delivery, 'intake' | 'verification'>,
  { maxBody, rejectUnverified }: { maxBody: number; rejectUnverified: boolean },
): Answer | null {
  if (intake === 'too-large')
    return toolAnswer(413, `the body is over the limit of ${formatSize(maxBody)} (--max-body)`);
  if (!rejectUnverified || isVerified(verification) !== false) return null;
  const reasons = [verification.secret, verification.svix].filter(
    (verdict) => verdict && verdict.verdict !== 'ok',
  );
  return toolAnswer(
    401,
    `not verified: ${reasons.map((verdict) => verdict!.verdict).join(', ')} (--reject-unverified)`,
  );
}

/** The answer of a sender's fault that keeps the delivery from the app; null when there is none. */
export function insteadOfApp({ instead }: Pick<SenderPlan, 'instead'>): Answer | null {
  if (instead === null) return null;
  return instead.kind === 'status' ? onPurpose(instead.status) : silence(instead.kind);
}

/** The answer of a rule, exactly as it says; null when none answers. */
export function byRule({ answer }: Pick<Way, 'answer'>, { lose }: Pick<SenderPlan, 'lose'>): Answer | null {
  if (answer === null) return null;
  return lose ? lost(lose) : { ...answer.answer, by: 'tool', note: `--answer for ${answer.when || 'all'}` };
}

/**
 * The answer when it does not depend on the app; null when it does.
 * @param captureOnly whether there is no app
 */
export function answerAtOnce(
  { method, target, headers }: Pick<Delivery, 'method' | 'target' | 'headers'>,
  { lose }: Pick<SenderPlan, 'lose'>,
  { ack, captureOnly }: { ack: AckPolicy; captureOnly: boolean },
): Answer | null {
  if (lose && (ack !== 'app' || captureOnly)) return lost(lose);
  if (typeof ack === 'number') return { ...toolAnswer(ack, null), note: `--ack ${ack}` };
  if (ack === 'now') return { ...toolAnswer(200, null), note: captureOnly ? null : '--ack now' };
  if (!captureOnly) return null;
  const browser = method === 'GET' && target === '/' && headerValue(headers, 'accept')?.includes('text/html');
  return browser ? welcome : toolAnswer(200, null);
}

/** What of a request decides whether it is taken. What the emulator sends may name any host: it calls public URLs. */
export function headOf(request: Incoming): Head {
  const { source, method, target, httpVersion } = request.head;
  const host = request.header('host');
  return {
    method,
    target,
    httpVersion,
    host: source === 'emulator' && host !== undefined ? 'localhost' : host,
    origin: request.header('origin'),
    fetchSite: request.header('sec-fetch-site'),
  };
}
