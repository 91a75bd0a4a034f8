import { errors, headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { mustNotFail, UserError } from '../core/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  headOf,
  type RelayedAnswer,
  type RelayedRequest,
} from '../core/relay.ts';
import type { Members } from './members.ts';
import { isNatsError, isNoResponder } from './nats-link.ts';
import type { Elsewhere, PresenceOfAll } from './nats-presence.ts';

/** How long the asked node has, in ms. */
const withinHeader = 'Within';
/** ms that an answer may be on its way, besides. */
const wayMs = 500;

type Served = RelayedAnswer | null | 'gone';
type How = 'live' | 'probe';

const subjectOf = (node: string): string => `reducto.relay.node.${node}`;

/** Has a member on another node serve a request. */
export async function serveElsewhere(
  connection: NatsConnection,
  presence: PresenceOfAll,
  { inbox, one, request, how, timeoutMs }: Errand,
): Promise<Served> {
  const within = headers();
  within.set(withinHeader, String(Math.round(timeoutMs)));
  const message = encodeMessage({ type: 'deliver', how, request: headOf(request) }, request.body);
  const subject = `${subjectOf(one.node)}.${inbox}.${one.id}`;
  try {
    const reply = await connection.request(subject, message, { timeout: timeoutMs + wayMs, headers: within });
    return decodeServed(reply.data);
  } catch (error) {
    if (!isNatsError(error)) throw error;
    if (!isNoResponder(error)) return null; // it may have got it
    presence.lost(one.node);
    return 'gone';
  }
}

/** What is asked of whom. */
interface Errand {
  inbox: string;
  one: Elsewhere;
  request: RelayedRequest;
  how: How;
  timeoutMs: number;
}

/** Has the members of this node serve what other nodes ask of them. */
export function serveOthers(connection: NatsConnection, node: string, members: Members): Subscription {
  return connection.subscribe(`${subjectOf(node)}.*.*`, {
    callback: (error, message) => {
      if (error) throw error;
      mustNotFail(serve(members, message));
    },
  });
}

async function serve(members: Members, message: Msg): Promise<void> {
  const [inbox, id] = message.subject.split('.').slice(-2) as [string, string];
  const { head, body } = decodeMessage(Buffer.from(message.data));
  if (head.type !== 'deliver' || head.how === 'kept' || head.how === 'copy')
    throw new UserError('relay-node', 'another relay asks for what this version does not know');
  const member = members.get(inbox, id);
  const within = Number(message.headers?.get(withinHeader));
  const served = member ? await member.serve({ ...head.request, body }, head.how, within) : 'gone';
  respond(message, head.request.id, served);
}

/** An answer, "again" for none, nothing when nobody got it. */
function respond(message: Msg, id: string, served: Served): void {
  if (served === 'gone') return void message.respond();
  const none = encodeMessage({ type: 'again', id });
  if (served === null) return void message.respond(none);
  const { status, headers: pairs, body } = served;
  const head = {
    ...({ type: 'answer', id } as const),
    answer: { status, headers: pairs.map(([name, value]): [string, string] => [name, value]) },
  };
  try {
    message.respond(encodeMessage(head, body));
  } catch (error) {
    if (!(error instanceof errors.InvalidArgumentError)) throw error;
    message.respond(none); // with its headers it is over what NATS takes
  }
}

function decodeServed(data: Uint8Array): Served {
  if (data.length === 0) return 'gone';
  const { head, body } = decodeMessage(Buffer.from(data));
  return head.type === 'answer' ? { ...head.answer, body } : null;
}
