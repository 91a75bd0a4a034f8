import type { IncomingMessage } from 'node:http';
import { inboxPath, isInboxName } from '../core/relay.ts';
import { addressGroup } from './limits.ts';

/** An inbox that a request is for, and what of its target is the app's. */
export interface Place {
  inbox: string;
  target: string;
}

/**
 * The inbox of a request; null when it is for none. Nothing is decoded or resolved: a name is one, or it is not.
 * @param domain under which inboxes are names of their own, as in `invoices.hooks.example.com`
 */
export function placeOf(target: string, host: string | undefined, domain: string | null): Place | null {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  if (domain !== null && host !== undefined) {
    const name = host.replace(/:\d*$/, '').toLowerCase();
    if (name.endsWith(`.${domain}`)) {
      const inbox = name.slice(0, -domain.length - 1);
      return isInboxName(inbox) ? { inbox, target: path.startsWith('/') ? path : `/${path}` } : null;
    }
  }
  if (!path.startsWith(inboxPath)) return null;
  const rest = path.slice(inboxPath.length);
  const end = rest.search(/[/?]/);
  const inbox = end < 0 ? rest : rest.slice(0, end);
  const after = end < 0 ? '' : rest.slice(end);
  return isInboxName(inbox) ? { inbox, target: after.startsWith('/') ? after : `/${after}` } : null;
}

/**
 * Who sent a request: the address that limits go by.
 * @param trustProxy whether a proxy in front says so, as the last of `X-Forwarded-For`
 */
export function senderOf(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? '';
  const said = request.headers['x-forwarded-for'];
  const last = trustProxy && typeof said === 'string' ? said.split(',').at(-1)!.trim() : '';
  return last === '' ? direct : last;
}

/** As limits count them. */
export const groupOf = (request: IncomingMessage, trustProxy: boolean): string =>
  addressGroup(senderOf(request, trustProxy));
