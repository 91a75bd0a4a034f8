import type { Socket } from 'node:net';

/** The bytes of headers that are taken, on the way to the app and back. */
export const maxHeadBytes = 64 * 1024;

/** The head of an answer in the form that Node's parser reads, and what was not so before. */
export interface MendedHead {
  head: string;
  remarks: string[];
}

/** Headers that say where the body ends: one of them alone, with one value, needs no closer look. */
const framing = /^(content-length|transfer-encoding):.*/gim;

/**
 * Makes good what the clients of the field read and Node's parser refuses: the same length said several times
 * counts once (RFC 9110, 8.6), and a length beside chunked encoding does not count at all (RFC 9112, 6.3). All else
 * stays as it is.
 * @param head an answer's head in Latin-1, with the empty line at its end
 */
export function mendHead(head: string): MendedHead {
  const odd = head.match(framing);
  if (odd === null || (odd.length === 1 && !odd[0].includes(','))) return { head, remarks: [] };
  const lines = head.split('\r\n');
  const isLength = (line: string): boolean => /^content-length:/i.test(line);
  const lengths = lines
    .filter(isLength)
    .flatMap((line) => line.slice('content-length:'.length).split(','))
    .map((value) => value.trim());
  if (lengths.length === 0) return { head, remarks: [] };
  if (lines.some((line) => /^transfer-encoding:(.*,)?\s*chunked\s*$/i.test(line)))
    return {
      head: lines.filter((line) => !isLength(line)).join('\r\n'),
      remarks: [`the answer is chunked and says a content-length of ${lengths[0]} too, which does not count`],
    };
  const [length] = lengths as [string];
  if (lengths.length === 1 || !/^\d+$/.test(length) || lengths.some((other) => other !== length))
    return { head, remarks: [] };
  const first = lines.findIndex(isLength);
  const rest = lines.filter((line, i) => i <= first || !isLength(line));
  return {
    head: rest.with(first, `content-length: ${length}`).join('\r\n'),
    remarks: [`the answer says its content-length of ${length} ${lengths.length} times`],
  };
}

const isInterim = (head: string): boolean => /^HTTP\/1\.[01] 1(?!01)\d\d/.test(head);

/**
 * Mends the heads of the answers that come in over one connection, before Node's parser gets them. An answer's head
 * is what comes first after a request went out: a connection has one request at a time.
 */
export class HeadMender {
  /** What has come of a head; null when none is expected. */
  #begun: Buffer | null = null;
  #remarks: string[] = [];
  readonly #pass: (chunk: Buffer | null) => boolean;

  constructor(socket: Socket) {
    this.#pass = socket.push.bind(socket);
    // What a stream reads comes in by `push`, here of Node's own handle: no second stream has to be between.
    socket.push = (chunk: Buffer | null) => this.#take(chunk);
  }

  /** A request goes out: a head comes next. */
  begin(): void {
    this.#begun = Buffer.alloc(0);
    this.#remarks = [];
  }

  /** What was mended since {@link begin}. */
  get remarks(): readonly string[] {
    return this.#remarks;
  }

  #take(chunk: Buffer | null): boolean {
    if (this.#begun === null) return this.#pass(chunk);
    if (chunk === null) {
      if (this.#begun.length > 0) this.#pass(this.#begun);
      this.#begun = null;
      return this.#pass(null);
    }
    let rest = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    let open = true;
    while (rest.length > 0) {
      const end = rest.indexOf(emptyLine);
      if (end === -1 && rest.length <= maxHeadBytes && mayBeHead(rest)) {
        this.#begun = rest;
        return open;
      }
      if (end === -1) break;
      const head = rest.toString('latin1', 0, end + 4);
      const mended = mendHead(head);
      if (mended.head === head && !isInterim(head)) break; // it goes on as it came
      rest = rest.subarray(end + 4);
      this.#remarks.push(...mended.remarks);
      open = this.#pass(Buffer.from(mended.head, 'latin1'));
      if (!isInterim(head)) break;
      if (rest.length === 0) {
        this.#begun = rest;
        return open;
      }
    }
    this.#begun = null;
    return rest.length === 0 ? open : this.#pass(rest);
  }
}

const [start, emptyLine] = [Buffer.from('HTTP/'), Buffer.from('\r\n\r\n')];

/** Whether more may come that makes it a head: nothing in it is wrong yet, such as a line feed alone. */
function mayBeHead(bytes: Buffer): boolean {
  const known = Math.min(start.length, bytes.length);
  if (!bytes.subarray(0, known).equals(start.subarray(0, known))) return false;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1))
    if (bytes[at - 1] !== 13) return false;
  return true;
}
