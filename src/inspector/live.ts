import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type DeliverySummary, maskSummary } from '../core/record.ts';
import type { Status } from '../core/session.ts';
import type { OfflineEvent, OfflineStatus } from '../runtime/offline.ts';
import { EventLog, type LogEvent } from './event-log.ts';
import { refuseUpgrade } from './server.ts';

/** ms between two messages to a reader: what happens meanwhile goes in one. It is the only wait on the way to a page. */
const frameMs = 100;
/** The same where much happens: nobody reads a thousand rows a second, and drawing them takes what the tool needs. */
const longestFrameMs = 250;
/** Events in one message. */
const messageEvents = 2_000;
/** Rows that a reader can have in one message. */
const maxRows = 100;
/** Bytes on their way to a reader beyond which it is not sent more until it has read. */
const enoughBytes = 256 * 1024;
/** A reader that has not answered the last question (ms between two) is dropped: it does not read. */
const pingMs = 15_000;
const maxReaders = 50;
/** ms that a reader has to take leave. */
const farewellMs = 500;
/** RFC 6455, 7.4.1. */
const goingAway = 1001;

/** What a reader is sent. The first message says where it stands; `reset` that what it missed is gone. */
export interface LiveMessage<S = Status> {
  epoch: string;
  /** The newest event that the reader knows now. */
  last: number;
  events: LogEvent[];
  /**
   * Of the deliveries that events name the newest, as they are now, secrets masked: so many as were asked for (`rows=N`,
   * up to {@link maxRows}), so that a list need not ask for what is in sight.
   */
  rows?: DeliverySummary[];
  /** True when the reader must read everything anew. */
  reset?: true;
  /** Where it has changed since the last message. */
  status?: S;
}

/** What the stream is made of. */
export interface LiveSource {
  status(): Status | OfflineStatus;
  subscribe(listener: (event: OfflineEvent) => void): () => void;
  /** A delivery as it is now; null when it is gone. */
  summary(seq: number): DeliverySummary | null;
}

interface Reader {
  socket: WebSocket;
  /** The newest event that it was sent. */
  sent: number;
  /** The status that it was sent. */
  statusNo: number;
  /** How many rows it wants in a message. */
  rows: number;
  answered: boolean;
}

/**
 * The stream of events over WebSockets. Nothing is queued for a reader: each is sent from the log what it lacks once it
 * has read what it was sent, so one that never reads costs no memory.
 */
export class LiveEvents {
  readonly #log = new EventLog();
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  readonly #readers = new Set<Reader>();
  readonly #unsubscribe: () => void;
  readonly #ping: NodeJS.Timeout;
  #frame: NodeJS.Timeout | null = null;
  /** The newest event at the last messages. */
  #framed = 0;
  #pauseMs = frameMs;
  #statusNo = 0;

  /** @param everyMs ms between two questions whether a reader is still there */
  constructor(
    private readonly source: LiveSource,
    everyMs = pingMs,
  ) {
    this.#unsubscribe = source.subscribe((event) => {
      if (event.type === 'status') this.#statusNo += 1;
      this.#log.add(event);
      this.#request();
    });
    this.#ping = setInterval(() => this.#pingAll(), everyMs).unref();
  }

  /** Takes over a connection whose request was let in; `?epoch=…&after=N` asks for what came since, `rows=N` for rows. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#readers.size >= maxReaders) return refuseUpgrade(socket, 503);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
      const known = query.get('epoch') === this.#log.epoch && query.has('after');
      const rows = Math.min(maxRows, Number(query.get('rows')) || 0);
      this.#begin(webSocket, known ? Number(query.get('after')) : null, rows);
    });
  }

  /** Tells readers what they lack, ends every connection and stops listening. */
  async close(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#ping);
    if (this.#frame !== null) clearTimeout(this.#frame);
    const readers = [...this.#readers];
    const gone = readers.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
    for (const reader of readers) {
      this.#catchUp(reader);
      reader.socket.close(goingAway);
    }
    const limit = setTimeout(() => {
      for (const { socket } of readers) socket.terminate();
    }, farewellMs);
    await Promise.all(gone);
    clearTimeout(limit);
    this.#server.close();
  }

  #begin(socket: WebSocket, after: number | null, rows: number): void {
    const { epoch, last } = this.#log;
    const known = after !== null && this.#log.since(after, 1) !== null;
    const sent = known ? after : last;
    const reader: Reader = { socket, sent, statusNo: this.#statusNo, rows, answered: true };
    this.#readers.add(reader);
    socket.on('close', () => this.#readers.delete(reader));
    socket.on('error', () => socket.terminate()); // a reader that speaks no WebSocket, or too much
    socket.on('pong', () => {
      reader.answered = true;
    });
    const start = { epoch, last: reader.sent, events: [], status: this.source.status() };
    this.#send(reader, known ? start : { ...start, reset: true });
    this.#request();
  }

  #request(): void {
    if (this.#readers.size === 0) return;
    this.#frame ??= setTimeout(() => {
      this.#frame = null;
      this.#pauseMs = Math.min(longestFrameMs, frameMs + (this.#log.last - this.#framed) / 4);
      this.#framed = this.#log.last;
      const waiting = [...this.#readers].filter((reader) => !this.#catchUp(reader));
      if (waiting.length > 0) this.#request();
    }, this.#pauseMs).unref();
  }

  /** Sends a reader what it lacks. @returns false when it has to be seen to again */
  #catchUp(reader: Reader): boolean {
    const { epoch, last } = this.#log;
    const news = reader.statusNo !== this.#statusNo;
    if (reader.sent === last && !news) return true;
    if (reader.socket.bufferedAmount > enoughBytes) return false;
    const events = this.#log.since(reader.sent, messageEvents);
    reader.sent = events?.at(-1)?.n ?? last;
    reader.statusNo = this.#statusNo;
    this.#send(reader, {
      epoch,
      last: reader.sent,
      events: events ?? [],
      ...(reader.rows > 0 && events !== null ? { rows: this.#rowsOf(events, reader.rows) } : {}),
      ...(events === null ? { reset: true } : {}),
      ...(news ? { status: this.source.status() } : {}),
    });
    return reader.sent === last;
  }

  #rowsOf(events: readonly LogEvent[], most: number): DeliverySummary[] {
    const seqs = new Set(events.flatMap((event) => ('seq' in event ? [event.seq] : [])));
    const newest = [...seqs].sort((a, b) => b - a).slice(0, most);
    return newest.flatMap((seq) => this.source.summary(seq) ?? []).map(maskSummary);
  }

  #send({ socket }: Reader, message: LiveMessage<Status | OfflineStatus>): void {
    // One that has gone is told of by `close`.
    socket.send(JSON.stringify(message), () => undefined);
  }

  #pingAll(): void {
    for (const reader of this.#readers) {
      if (!reader.answered) reader.socket.terminate();
      reader.answered = false;
      if (reader.socket.readyState === reader.socket.OPEN) reader.socket.ping();
    }
  }
}
