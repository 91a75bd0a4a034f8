import { UserError, usageError } from '../core/errors.ts';
import { printableJson } from '../core/text.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { inboxKeys, relayName } from '../runtime/relay-identity.ts';

/** Flags of `inbox key`. */
export interface InboxFlags {
  inbox?: string;
  relay?: string;
  data?: string;
  output?: string;
}

/** `inbox key`: prints the key of an inbox of this data directory, to be given to the team. */
export function inboxKey({ inbox, relay, data, output = 'plain' }: InboxFlags): void {
  if (output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${output}" is not plain or json.`);
  const wanted = relay === undefined ? null : nameOf(relay);
  const found = inboxKeys(data ?? defaultDataDir()).filter(
    (each) => (inbox === undefined || each.inbox === inbox) && (wanted === null || each.relay === wanted),
  );
  if (found.length === 0)
    throw new UserError(
      'no-inbox',
      'No key of such an inbox is kept here: it is made by the first listen --relay URL --inbox NAME.',
    );
  if (output === 'json') return void process.stdout.write(`${printableJson(JSON.stringify(found))}\n`);
  const [only] = found;
  // Alone it can be used in a script.
  if (found.length === 1) return void process.stdout.write(`${only!.key}\n`);
  for (const each of found) process.stdout.write(`${each.relay} ${each.inbox} ${each.key}\n`);
}

function nameOf(relay: string): string {
  if (URL.canParse(relay)) return relayName(relay);
  throw usageError('relay', `--relay: "${relay}" is not a URL.`);
}
