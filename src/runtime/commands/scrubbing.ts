import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Delivery } from '../../core/delivery.ts';
import { usageError } from '../../core/errors.ts';
import type { ExportItem, WriteOptions } from '../../core/formats/format.ts';
import type { ScrubSummary } from '../../core/scrub/summary.ts';

const paths = z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]);

/** The arguments of an export without personal data. */
export const scrubArgs = {
  scrub: z.boolean().default(false).describe('put stand-ins of the same shape in place of personal data'),
  scrubPath: paths.describe('scrub all that is there, as in metadata.customer, header:x-user or query:id'),
  scrubKeep: paths.describe('leave what is there as it is, as in metadata.document_type or path:'),
};

/** An export without personal data, under way. */
interface Scrubbing {
  items(items: Iterable<ExportItem>, answers: boolean): Iterable<ExportItem>;
  options(options: WriteOptions): WriteOptions;
  /** What was replaced so far. */
  summary(): ScrubSummary;
}

/**
 * What the arguments ask for; null when nothing is to be scrubbed. Naming a path asks for it, too.
 * @param secrets whether secrets are to be readable
 * @throws UserError when a path can't be read, or both are asked for
 */
export async function scrubbingBy(
  { scrub, scrubPath, scrubKeep }: { scrub: boolean; scrubPath: string[]; scrubKeep: string[] },
  secrets: boolean,
): Promise<Scrubbing | null> {
  if (!scrub && scrubPath.length === 0 && scrubKeep.length === 0) return null;
  if (secrets)
    throw usageError('scrub', 'Either --scrub or --show-secrets: a scrubbed export has no secrets.');
  // Loaded when asked for: the table of commands is read at every start.
  const { pathRules, Scrubber, scrubSummary, standInSecrets } = await import('../../core/scrub/index.ts');
  const scrubber = new Scrubber(randomBytes(32), pathRules(scrubPath, scrubKeep));
  // Who is asked where a command is to send a delivery knows it as it came.
  const originals = new WeakMap<Delivery, Delivery>();
  return {
    *items(items, answers) {
      for (const item of items) {
        const scrubbed = scrubber.item(item, answers);
        originals.set(scrubbed.delivery, item.delivery);
        yield scrubbed;
      }
    },
    options: ({ url, ...options }) => ({
      ...options,
      ...{ secrets: true, scrubbed: standInSecrets },
      url(delivery) {
        const to = url?.(originals.get(delivery)!) ?? null;
        return to === null ? null : scrubber.url(to);
      },
    }),
    summary: () => scrubSummary(scrubber.tally),
  };
}
