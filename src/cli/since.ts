import { usageError } from '../core/errors.ts';
import type { DeliverySummary } from '../core/record.ts';
import { parseDuration } from '../core/units.ts';
import type { RemoteSession } from '../inspector/client.ts';

/**
 * The moment that `--since` names: so long ago, or a date.
 * @returns ms since the epoch
 * @throws UserError when it is neither
 */
export function parseSince(text: string): number {
  const ago = parseDuration(text);
  if (ago !== null) return Date.now() - ago;
  const date = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isFinite(date)) return date;
  throw usageError(
    'since',
    `--since: "${text}" is neither a time such as 10m or 2h nor a date such as 2026-01-31T12:00.`,
  );
}

const pageSize = 1000;

/**
 * Deliveries that came since a moment and match a filter, oldest first.
 * @param secrets whether they are left readable
 */
export async function deliveriesSince(
  session: RemoteSession,
  since: number,
  filter: string,
  secrets: boolean,
): Promise<DeliverySummary[]> {
  const found: DeliverySummary[] = [];
  for (let before: number | undefined; ; ) {
    const { deliveries } = await session.run('list', {
      ...{ filter, secrets, limit: pageSize },
      ...(before === undefined ? {} : { before }),
    });
    // What was imported keeps its time: a whole page tells that there is no more.
    const page = deliveries.filter(({ receivedAt }) => receivedAt >= since);
    found.push(...page);
    if (deliveries.length < pageSize || page.length === 0) return found.reverse();
    before = deliveries.at(-1)!.seq;
  }
}
