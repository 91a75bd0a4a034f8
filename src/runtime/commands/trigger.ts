import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Attempt, HeaderPair } from '../../core/delivery.ts';
import { type Endpoint, parseEndpoint } from '../../core/endpoint.ts';
import { messageOf, UserError, usageError } from '../../core/errors.ts';
import { FaultSet } from '../../core/faults/fault-set.ts';
import { messageId, systemClock } from '../../core/ids.ts';
import { JsonText } from '../../core/json.ts';
import { parseMetadata } from '../../core/metadata.ts';
import { recognise } from '../../core/payload.ts';
import { attemptRecord } from '../../core/record.ts';
import { signedHeaders, signingKey as signingKeyOf } from '../../core/signature.ts';
import { type TriggerEvent, triggerEvents, webhookBody } from '../../core/trigger-events.ts';
import { acknowledgeOwn, ownDelivery, senderHeaders } from '../../dispatch/own-delivery.ts';
import { succeeded } from '../../dispatch/retries.ts';
import type { Work } from '../../dispatch/work.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { faultArgs, pathArg } from './arguments.ts';
import { SentAttempts } from './sent-attempts.ts';

const args = z.object({
  event: z
    .string()
    .optional()
    .describe(`what happened: ${Object.keys(triggerEvents).join(', ')}`),
  list: z.boolean().default(false).describe('show the events'),
  payload: pathArg.optional().meta({ path: true }).describe("send this file's bytes instead"),
  body: z.string().optional().describe('send this text instead'),
  metadata: z
    .array(z.string())
    .default([])
    .describe('job metadata: user_id=123 (text), pages:=3 (JSON), or a JSON object'),
  secret: z.string().optional().describe('metadata.secret'),
  svix: z.boolean().default(false).describe('as Svix sends it: signed'),
  svixSecret: z.string().optional().describe("sign with this whsec_… secret (default: listen's own)"),
  jobId: z.string().min(1).optional().describe('job id (default: a new one for each)'),
  count: z.coerce.number().int().min(1).max(100_000).default(1).describe('how many'),
  rate: z.coerce.number().positive().optional().describe('so many a second (default: one after another)'),
  path: z.string().default('/').describe('path of the request, for endpoints that keep it'),
  to: z.string().optional().describe('send them there instead: a port or URL'),
  ...faultArgs,
});

type TriggerArgs = z.output<typeof args>;

export const trigger = defineCommand({
  help: 'Make a realistic delivery and send it to the app; its job exists in the emulator, where one runs',
  example: 'parse.completed --metadata user_id=123 --secret s3cret',
  offline: true,
  long: true,
  positional: ['event'],
  args,
  async run(context, given) {
    if (given.list) return { events: Object.keys(triggerEvents) };
    const seed = given.seed ?? Math.floor(Math.random() * 1e9);
    const faults = FaultSet.parse(given.fault, seed);
    const sender = faults.faults.find(({ kind }) => kind.direction === 'sender');
    if (sender)
      throw usageError('fault', `"${sender.kind.name}" hits the sender: give it to listen instead.`);
    const make = prepare(context, given);
    const to = namedEndpoint(context, given.to);
    const work = context.work.start(`trigger of ${given.count} deliveries`, given.count, context.signal);
    const made = new SentAttempts();
    let [failed, captured] = [0, 0];
    await paced(work, given, async () => {
      const attempts = await send(context, await make(), {
        ...given,
        to,
        faults,
        signal: work.signal,
      });
      work.count(attempts.every(succeeded));
      failed += attempts.filter((attempt) => !succeeded(attempt)).length;
      if (attempts.length === 0) captured += 1;
      for (const attempt of attempts) made.add(attempt, (shown) => attemptRecord(shown, false));
    });
    return { ...made.result(), captured, failed, cancelled: work.signal.aborted, seed };
  },
});

/**
 * Does `one` so many times, one after another or so many a second, and waits for all. A failure lets no more begin.
 * @throws what that was
 */
async function paced(
  work: Work,
  { count, rate }: Pick<TriggerArgs, 'count' | 'rate'>,
  one: () => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const { now } = systemClock;
  const began = now();
  try {
    const goesOn = (): boolean => failures.length === 0 && !work.signal.aborted;
    for (let i = 0; i < count && goesOn(); i++) {
      if (rate !== undefined) await work.pause(began + (i * 1000) / rate - now(), now);
      if (!goesOn()) break;
      const done: Promise<void> = one()
        .catch((error: unknown) => {
          failures.push(error);
          work.skip(); // what is under way goes on, and nothing more is begun
        })
        .finally(() => underWay.delete(done));
      underWay.add(done);
      if (rate === undefined) await done;
    }
    await Promise.all(underWay);
  } finally {
    work.finish();
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Where the deliveries go, where that is said; null when they go as what comes in does: in a running tool without an app
 * they are only captured.
 * @throws UserError when nothing runs and nothing says where to
 */
function namedEndpoint({ dispatcher, live }: CommandContext, to: string | undefined): Endpoint | null {
  if (to !== undefined) return parseEndpoint(to);
  if (dispatcher.places.length === 0 && live === null)
    throw usageError(
      'no-endpoint',
      'Where to? Say it with --to, as in --to 3000, or start reducto-webhook-dev 3000 in another terminal.',
    );
  return null;
}

interface Request {
  headers: HeaderPair[];
  body: Uint8Array;
}

/** Makes one request after another, each for a job of its own. @throws UserError when an argument makes no sense */
function prepare(context: CommandContext, given: TriggerArgs): () => Promise<Request> {
  const { event, payload, body: text, svix, jobId, secret } = given;
  const known = event === undefined ? undefined : triggerEvents[event];
  if (payload !== undefined && text !== undefined)
    throw usageError('body', 'Either --payload or --body: a delivery has one body.');
  const own = payload !== undefined || text !== undefined;
  if (!own && !known)
    throw usageError(
      'event',
      `${event === undefined ? 'Which event?' : `There is no event "${event}".`} Use ${Object.keys(triggerEvents).join(', ')}, --payload FILE or --body TEXT.`,
    );
  const signingKey =
    given.svixSecret === undefined ? context.dispatcher.signingKey : signingKeyOf(given.svixSecret);
  if (svix && signingKey === null)
    throw usageError(
      'svix',
      'To sign as Svix does its secret is needed: give --svix-secret whsec_…, here or to listen.',
    );
  const written = payload !== undefined ? read(payload) : text !== undefined ? Buffer.from(text) : null;
  const metadata = parseMetadata(given.metadata, secret) ?? null;
  // The host that a sender on this machine would have called.
  const host = new URL(context.live?.status().receiverUrl ?? 'http://localhost').host;
  return async () => {
    const id = jobId ?? randomUUID();
    const body = written ?? webhookBody(known!.status, id, metadata);
    if (written !== null) await createPayloadsJob(context, written);
    else await createJob(context, known!, id, metadata);
    const headers = senderHeaders({ host }, body);
    return { body, headers: svix ? [...headers, ...newSignature(signingKey!, body)] : headers };
  };
}

/** Makes the job really exist in the emulator, where one runs; one that ended so already stays as it is. */
async function createJob(
  { emulator }: CommandContext,
  { type, status }: TriggerEvent,
  id: string,
  metadata: unknown,
): Promise<void> {
  if (emulator === null) return;
  const wanted = `${type[0]!.toUpperCase()}${type.slice(1)}` as Capitalize<TriggerEvent['type']>;
  const there = emulator.job(id);
  if (there?.type !== wanted || there.status !== status)
    await emulator.createJob({ id, type: wanted, status, metadata });
}

/** The job that a payload of the user's own tells of; its type is not known then. */
async function createPayloadsJob(context: CommandContext, body: Uint8Array): Promise<void> {
  const payload = recognise(body);
  if (payload.kind !== 'reducto' || context.emulator === null) return;
  const there = context.emulator.job(payload.jobId);
  if (there?.status === payload.status) return;
  await context.emulator.createJob({
    ...{
      id: payload.jobId,
      status: payload.status,
      metadata: payload.metadataText && new JsonText(payload.metadataText),
    },
    ...(there ? { type: there.type } : {}),
  });
}

function newSignature(key: Buffer, body: Uint8Array): HeaderPair[] {
  const timestamp = Math.floor(systemClock.now() / 1000);
  return signedHeaders(key, { id: messageId(Math.random), timestamp }, body);
}

interface How {
  path: string;
  to: Endpoint | null;
  faults: FaultSet;
  signal: AbortSignal;
}

async function send(
  { store, dispatcher, verify }: CommandContext,
  { headers, body }: Request,
  { path, to, faults, signal }: How,
): Promise<Attempt[]> {
  const receivedAt = systemClock.now();
  const target = path.startsWith('/') ? path : `/${path}`;
  const made = ownDelivery({ source: 'trigger', receivedAt, target, headers, body }, verify);
  const { endpoints, answer } = to ? { endpoints: [to], answer: null } : dispatcher.way(made);
  if (endpoints.length === 0) {
    const status = answer?.answer.status ?? 200;
    const captured = { status, by: 'tool', note: null, at: receivedAt, durationMs: 0 } as const;
    await store.addDelivery({ ...made, acknowledgement: captured });
    return [];
  }
  const delivery = await store.addDelivery(made);
  const finished = await dispatcher.send(delivery, 'forward', { faults, signal, endpoints });
  const attempts = finished.map(({ attempt }) => attempt);
  await acknowledgeOwn(store, systemClock, delivery, attempts[0]!);
  return attempts;
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('payload', `${file} can't be read: ${messageOf(error)}.`, 2, { cause: error });
  }
}
