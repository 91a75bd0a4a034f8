import type { PlainRequest } from '../curl.ts';
import { maskTarget } from '../mask.ts';
import type { ExportItem, WriteOptions } from './format.ts';
import { absoluteUrl, percentEncode, shown } from './parts.ts';

/** One shell command a delivery. A comment before it says when its secrets are masked. */
export function* commands(
  items: Iterable<ExportItem>,
  { secrets, url }: WriteOptions,
  command: (request: PlainRequest) => string,
): Generator<string> {
  let gap = '';
  for (const { delivery } of items) {
    const request = shown(delivery, secrets);
    const to = url?.(delivery) ?? absoluteUrl(delivery);
    const note = request.masked
      ? '# Secrets are masked, so this is not what was sent: --secrets shows them.\n'
      : '';
    yield `${gap}${note}${command({ ...request, url: ascii(secrets ? to : maskTarget(to)) })}\n`;
    gap = '\n';
  }
}

// A mask, say: servers refuse such a URL.
const ascii = (url: string): string => url.replace(/[^!-~]/gu, percentEncode);
