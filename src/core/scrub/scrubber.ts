import { isIP } from 'node:net';
import type { Attempt, Delivery, HeaderPair, Outcome } from '../delivery.ts';
import type { ExportItem } from '../formats/format.ts';
import { recognise } from '../payload.ts';
import { resign, signatures } from '../resign.ts';
import { signingKey } from '../signature.ts';
import { scrubBody } from './body.ts';
import { scrubHeaders } from './headers.ts';
import { scrubAddress } from './host.ts';
import { outsidePlace, type PathRule, rootPlace } from './place.ts';
import { standInSecrets } from './secrets.ts';
import { StandIns } from './stand-ins.ts';
import { Tally } from './tally.ts';
import { urlParts } from './text.ts';
import { scrubUrl, type UrlParts } from './url.ts';
import { Values } from './values.ts';

/** A message with headers and a body. */
interface Message {
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/**
 * Replaces personal data in deliveries by stand-ins of the same shape, which are the same for the same value for as long
 * as this is used. docs/scrub.md says what is replaced, and what stays.
 */
export class Scrubber {
  readonly tally = new Tally();
  readonly #values: Values;
  readonly #key = signingKey(standInSecrets.svixSecret);

  /**
   * @param key random bytes, used once
   * @param rules of {@link pathRules}
   */
  constructor(
    key: Uint8Array,
    private readonly rules: readonly PathRule[] = [],
  ) {
    this.#values = new Values(new StandIns(key), this.tally);
  }

  /**
   * A delivery with its attempts, of which only what exports have is left: where they went, and what came back. What this
   * tool noted in words is left out: it quotes filters and commands.
   * @param answers whether what the app answered is wanted
   */
  item({ delivery, attempts }: ExportItem, answers = true): ExportItem {
    const { relayId: _, acknowledgement, verification, ...rest } = delivery;
    const wrong = verification.secret?.verdict === 'mismatch';
    const message = this.#message(
      delivery,
      wrong ? null : standInSecrets.secret,
      `#${delivery.seq}: its body`,
    );
    return {
      delivery: {
        ...rest,
        target: this.url(delivery.target),
        headers: this.#signed(delivery, message),
        body: message.body,
        remoteAddress: this.#address(delivery.remoteAddress),
        recognition: recognise(message.body),
        verification: { secret: null, svix: null },
        acknowledgement: acknowledgement && { ...acknowledgement, note: null },
      },
      attempts: attempts.map((attempt) => this.#attempt(attempt, answers)),
    };
  }

  /** A URL, or a request's target, by what the user wants of `path:` and `query:NAME`. */
  url(url: string): string {
    return scrubUrl(url, this.#urlParts());
  }

  #urlParts(): UrlParts {
    const values = this.#values;
    const path = outsidePlace(this.rules, 'path', '');
    const parts = urlParts(values.standIns);
    return {
      ...parts,
      segment(text) {
        if (path.how === 'keep') return text;
        return values.told(
          'text',
          path,
          text,
          path.how === 'scrub' ? values.words(text, true) : parts.segment(text),
        );
      },
      value: (text, name) => values.loose(text, outsidePlace(this.rules, 'query', name, values.shown(name))),
    };
  }

  #address(address: string): string {
    if (isIP(address) === 0) return '';
    const place = { ...rootPlace([]), path: 'remote address' };
    return this.#values.told('IP address', place, address, scrubAddress(address, this.#values.standIns));
  }

  #message({ headers, body }: Message, secret: string | null, what: string): Message {
    const { bytes, note } = scrubBody(body, headers, rootPlace(this.rules, secret), this.#values);
    if (note !== null) this.tally.note(`${what} ${note}`);
    const scrubbed = scrubHeaders(headers, this.rules, this.#values);
    const isLength = ([name, value]: HeaderPair): boolean =>
      name.toLowerCase() === 'content-length' && value.trim() === String(body.length);
    return {
      headers: scrubbed.map((header) => (isLength(header) ? [header[0], String(bytes.length)] : header)),
      body: bytes,
    };
  }

  /** Signed anew where it was signed, unless its signature was bad: then it stays so. */
  #signed({ headers, verification }: Delivery, message: Message): readonly HeaderPair[] {
    if (signatures(headers).length === 0 || verification.svix?.verdict === 'bad signature')
      return message.headers;
    this.tally.signed += 1;
    return resign(message, this.#key, null);
  }

  #attempt(attempt: Attempt, answers: boolean): Attempt {
    return {
      ...attempt,
      endpoint: '',
      request: { ...attempt.request, url: this.url(attempt.request.url), headers: [] },
      requestBody: null,
      notes: [],
      outcome: answers ? this.#outcome(attempt) : { kind: 'pending' },
    };
  }

  #outcome({ outcome, deliverySeq, number }: Attempt): Outcome {
    if (outcome.kind === 'pending') return outcome;
    if (outcome.kind === 'error') return { ...outcome, message: outcome.code };
    const answer = this.#message(outcome, null, `#${deliverySeq}: the answer to attempt ${number}`);
    return { ...outcome, ...answer, bodySize: outcome.bodySize + answer.body.length - outcome.body.length };
  }
}
