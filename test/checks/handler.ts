import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { onCleanup } from '../support/cleanup.ts';

/** What a webhook of the checks carries. */
export interface Payload {
  status: string;
  job_id: string;
  metadata?: { secret?: string } | null;
}

/** What the handler has to work with. */
export interface State {
  /** One for each effect: the job, and what a table would have beside it. */
  rows: { id: number; jobId: string; status: string; at: string; ms: number }[];
  /** Adds a row. */
  add(payload: Payload): void;
}

/** A handler under check: a real server, whose state is read through `/state`. */
export interface Handler {
  url: string;
  stateUrl: string;
  state: State;
}

/**
 * Starts a handler.
 * @param work does what a webhook asks for, and gives the answer's status
 * @param show how its state looks from outside
 * @param queuedMs for which a request waits for its turn: it is dropped when its sender is gone by then, as Puma does
 */
export async function startHandler(
  work: (payload: Payload, state: State) => number | Promise<number>,
  show: (state: State) => string = ({ rows }) => JSON.stringify(rows),
  queuedMs = 0,
): Promise<Handler> {
  const state: State = {
    rows: [],
    add: ({ job_id, status }) =>
      state.rows.push({
        id: state.rows.length + 1,
        jobId: job_id,
        status,
        at: new Date().toISOString(),
        // Never the same in two rows that follow each other: what varies is seen to vary.
        ms: state.rows.length % 3,
      }),
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/state') return response.end(show(state));
    if (queuedMs > 0) {
      await delay(queuedMs);
      await setImmediate(); // by then it has been read that a connection was closed
      if (request.socket.destroyed) return;
    }
    response.statusCode = await answer(request, (payload) => work(payload, state));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `${origin}/webhook`, stateUrl: `${origin}/state`, state };
}

async function answer(
  request: IncomingMessage,
  work: (payload: Payload) => number | Promise<number>,
): Promise<number> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size < 1_000_000) chunks.push(chunk as Buffer);
  }
  if (size >= 1_000_000) return 413;
  if (request.headers['content-type'] !== 'application/json') return 415;
  let payload: Payload;
  try {
    payload = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return 400;
  }
  return typeof payload?.job_id === 'string' ? work(payload) : 400;
}

/** Does the work once for each job. */
export const idempotent = (payload: Payload, state: State): number => {
  if (!state.rows.some(({ jobId }) => jobId === payload.job_id)) state.add(payload);
  return 200;
};

/** Does the work for every request. */
export const notIdempotent = (payload: Payload, state: State): number => {
  state.add(payload);
  return 200;
};

/** Looks first and writes later: lets copies through that arrive together. */
export const racing = async (payload: Payload, state: State): Promise<number> => {
  if (state.rows.some(({ jobId }) => jobId === payload.job_id)) return 200;
  await delay(5);
  state.add(payload);
  return 200;
};
