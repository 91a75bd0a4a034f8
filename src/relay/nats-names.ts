import { JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { UserError } from '../core/errors.ts';
import type { Claim } from './backend.ts';
import { persist } from './nats-link.ts';

/** Names that are remembered: a name that is taken stays so. */
const mostKnown = 50_000;
/** ms for which a name is remembered as free, so that a flood of requests to none asks once. */
const freeForMs = 1000;

/** Who has which name: one key of a bucket each, whose making is atomic. */
export class Names {
  readonly #digests = new Map<string, string>();
  readonly #free = new Map<string, number>();

  constructor(
    private readonly bucket: KV,
    /** How many there may be; those who ask in the same instant may be over it by as many as they are. */
    private readonly most: number,
  ) {}

  /** As {@link Backend.claim}. */
  async claim(inbox: string, keyDigest: string): Promise<Claim> {
    const known = await this.#digestOf(inbox, false);
    if (known !== null) return known === keyDigest ? 'ours' : 'taken';
    const { values } = await persist(() => this.bucket.status());
    if (values >= this.most) return 'full';
    const made = await this.#make(inbox, keyDigest);
    if (made) return 'new';
    return (await this.#digestOf(inbox, false)) === keyDigest ? 'ours' : 'taken';
  }

  /** @returns false when another was first */
  async #make(inbox: string, keyDigest: string): Promise<boolean> {
    try {
      await persist(() => this.bucket.create(inbox, keyDigest));
      this.#know(inbox, keyDigest);
      return true;
    } catch (error) {
      if (error instanceof UserError && error.cause instanceof JetStreamApiError) {
        const digest = await this.#digestOf(inbox, false);
        if (digest !== null) return false;
      }
      throw error;
    }
  }

  /** As {@link Backend.exists}. */
  async exists(inbox: string): Promise<boolean> {
    return (await this.#digestOf(inbox, true)) !== null;
  }

  async #digestOf(inbox: string, mayBeOld: boolean): Promise<string | null> {
    const known = this.#digests.get(inbox);
    if (known !== undefined) return known;
    if (mayBeOld && (this.#free.get(inbox) ?? 0) > performance.now()) return null;
    const entry = await persist(() => this.bucket.get(inbox));
    if (entry === null) remember(this.#free, inbox, performance.now() + freeForMs);
    else this.#know(inbox, entry.string());
    return entry?.string() ?? null;
  }

  #know(inbox: string, digest: string): void {
    this.#free.delete(inbox);
    remember(this.#digests, inbox, digest);
  }
}

/** Puts something into a map that forgets what it has had longest. */
export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostKnown) map.delete(map.keys().next().value!);
}
