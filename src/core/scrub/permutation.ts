import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { ChaCha } from './chacha.ts';

/** Numbers of which each is below the radix at its place. */
type Digits = number[];

/** So many digits at most are permuted: one half of them, a byte each, is what a round takes. */
export const maxPermuted = 16;
const rounds = 4;

/**
 * Replaces numbers by others of the same kind so that each has one stand-in, no two share one, and none is its own;
 * without the key nobody can go back, and nothing has to be remembered.
 *
 * A Feistel network over digits of any radices, ChaCha as its round function: the idea of NIST's FF1 (SP 800-38G), which
 * has one radix for all digits and is not for fewer than a million values, as most names and numbers have.
 */
export class Permutation {
  readonly #key: Uint8Array;
  readonly #chacha: ChaCha;
  readonly #input = new Int32Array(4);
  readonly #circles = new Map<number, readonly number[]>();

  /** @param secret any bytes: all that is needed to go back from a stand-in to what it stands for */
  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update('stand-ins').digest();
    this.#chacha = new ChaCha(this.#key);
  }

  /**
   * The stand-in of some digits.
   * @param digits {@link maxPermuted} at most
   */
  of(digits: Digits, radices: readonly number[]): Digits {
    if (digits.length === 1) return [this.#single(digits[0]!, radices[0]!)];
    // Whoever is a step further on a circle of all values, in an order that only the key knows, is never the same one.
    const place = this.#feistel(digits, radices, 1);
    for (let i = place.length - 1; i >= 0; i--) {
      place[i]! += 1;
      if (place[i]! < radices[i]!) break;
      place[i] = 0;
    }
    return this.#feistel(place, radices, -1);
  }

  /** Bytes that look random, and are the same for the same text. */
  bytes(length: number, ...text: readonly (string | Uint8Array)[]): Buffer {
    const hash = createHash('sha256').update(this.#key);
    for (const part of text) hash.update(part);
    return createCipheriv('aes-256-ctr', this.#key, hash.digest().subarray(0, 16)).update(
      Buffer.alloc(length),
    );
  }

  /** A lone digit has no other half: all that there are stand in a circle. */
  #single(digit: number, radix: number): number {
    let circle = this.#circles.get(radix);
    if (circle === undefined) {
      const random = this.bytes(4 * radix, 'circle');
      const order = Array.from({ length: radix }, (_, i) => ({ i, at: random.readUInt32LE(4 * i) }));
      order.sort((a, b) => a.at - b.at);
      const next = new Array<number>(radix);
      for (const [place, { i }] of order.entries()) next[i] = order[(place + 1) % radix]!.i;
      circle = next;
      this.#circles.set(radix, circle);
    }
    return circle[digit]!;
  }

  #feistel(digits: Digits, radices: readonly number[], sign: 1 | -1): Digits {
    const result = [...digits];
    for (let i = 0; i < rounds; i++) this.#round(result, radices, sign === 1 ? i : rounds - 1 - i, sign);
    return result;
  }

  /** Adds to the digits of one half what the other half, the key and the round make of it. */
  #round(digits: Digits, radices: readonly number[], round: number, sign: 1 | -1): void {
    const middle = digits.length >> 1;
    const [from, to] = round % 2 === 0 ? [0, middle] : [middle, digits.length];
    const input = this.#input.fill(0);
    input[0] = round * 256 + digits.length;
    for (let i = 0, at = 4; i < digits.length; i++)
      if (i < from || i >= to) input[at >> 2]! += digits[i]! << (8 * (at++ & 3));
    const random = this.#chacha.block(input);
    for (let i = from; i < to; i++) {
      const radix = radices[i]!;
      const shift = Math.floor(((random[i - from]! >>> 0) / 2 ** 32) * radix);
      digits[i] = (digits[i]! + sign * shift + radix) % radix;
    }
  }
}
