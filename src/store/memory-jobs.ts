import { JsonText, printJson } from '../core/json.ts';
import type { ItemKind, JobStore, NumberedJob, StoredJob } from './jobs.ts';

/** {@link JobStore} that is gone with the process: of an emulator that must not take up what another one left. */
export class MemoryJobs implements JobStore {
  readonly #jobs = new Map<string, NumberedJob>();
  readonly #items = new Map<ItemKind, Map<string, string>>();
  #last = 0;

  async add(job: StoredJob): Promise<void> {
    this.#jobs.delete(job.id);
    this.#jobs.set(job.id, { ...written(job), seq: ++this.#last });
  }

  async update(job: StoredJob): Promise<void> {
    const known = this.#jobs.get(job.id);
    if (!known) return;
    const { status, endsAt, outcome, reason, endedAt, expiresAt, webhookState } = job;
    this.#jobs.set(job.id, {
      ...known,
      ...{ status, endsAt, outcome, reason, endedAt, expiresAt, webhookState },
    });
  }

  get(id: string): StoredJob | null {
    const job = this.#jobs.get(id);
    return job ? withoutNumber(job) : null;
  }

  damaged(): string[] {
    return [];
  }

  page({ before = Number.MAX_SAFE_INTEGER, limit, now }: { before?: number; limit: number; now: number }) {
    const alive = [...this.#jobs.values()].filter(
      ({ seq, expiresAt }) => seq < before && (expiresAt === null || expiresAt > now),
    );
    return alive
      .reverse()
      .slice(0, limit)
      .map((job) => ({ ...job }));
  }

  unfinished(): StoredJob[] {
    return [...this.#jobs.values()]
      .filter(
        ({ endedAt, endsAt, webhookState }) =>
          (endedAt === null && endsAt !== null) || webhookState === 'due',
      )
      .map(withoutNumber);
  }

  async remove(id: string): Promise<void> {
    this.#jobs.delete(id);
  }

  async removeExpired(now: number): Promise<void> {
    for (const { id, expiresAt } of this.#jobs.values())
      if (expiresAt !== null && expiresAt <= now) this.#jobs.delete(id);
  }

  async putItem(kind: ItemKind, id: string, value: unknown): Promise<void> {
    const items = this.#items.get(kind) ?? new Map<string, string>();
    this.#items.set(kind, items.set(id, JSON.stringify(value)));
  }

  item<T>(kind: ItemKind, id: string): T | null {
    const text = this.#items.get(kind)?.get(id);
    return text === undefined ? null : (JSON.parse(text) as T);
  }

  items<T>(kind: ItemKind): T[] {
    return [...(this.#items.get(kind)?.values() ?? [])].map((text) => JSON.parse(text) as T);
  }

  async removeItem(kind: ItemKind, id: string): Promise<void> {
    this.#items.get(kind)?.delete(id);
  }
}

/** A job as a disk would give it back. */
const written = (job: StoredJob): StoredJob => ({
  ...job,
  config: JSON.parse(job.configText) as Record<string, unknown>,
  metadata: job.metadata === undefined ? undefined : new JsonText(printJson(job.metadata)),
});

function withoutNumber({ seq: _, ...job }: NumberedJob): StoredJob {
  return job;
}
