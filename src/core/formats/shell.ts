import type { PlainRequest } from '../curl.ts';
import { endpointUrl, parseEndpoint } from '../endpoint.ts';
import { maskTarget } from '../mask.ts';
import { scrubbedNote } from '../scrub/secrets.ts';
import type { ExportItem, WriteOptions } from './format.ts';
import { shown, uriText } from './parts.ts';

/** Where a command goes when no app is known: never to a host that the sender named. */
const standIn = parseEndpoint('http://localhost');

/** One shell command a delivery. Comments before it say when its secrets are masked, and when its URL is a stand-in. */
export function* commands(
  items: Iterable<ExportItem>,
  { secrets, scrubbed, url }: WriteOptions,
  command: (request: PlainRequest) => string,
): Generator<string> {
  if (scrubbed) yield `# ${scrubbedNote(scrubbed)}\n`;
  let gap = '';
  for (const { delivery, attempts } of items) {
    const request = shown(delivery, secrets);
    // The user's own endpoint, or where this tool has sent it.
    const known = url?.(delivery) ?? attempts[0]?.request.url ?? null;
    const to = known ?? endpointUrl(standIn, delivery.target);
    const notes = [
      ...(request.masked
        ? ['# Secrets are masked, so this is not what was sent: --show-secrets shows them.\n']
        : []),
      ...(known === null ? [`# No app is known: ${standIn.origin} stands in for it.\n`] : []),
    ];
    // A client would keep what is behind a "#" to itself.
    const sent = uriText(secrets ? to : maskTarget(to)).replaceAll('#', '%23');
    yield `${gap}${notes.join('')}${command({ ...request, url: sent })}\n`;
    gap = '\n';
  }
}
