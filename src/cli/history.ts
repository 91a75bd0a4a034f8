import { usageError } from '../core/errors.ts';
import { bodyBytes, type DeliveryDetail, type DeliverySummary } from '../core/record.ts';
import { printable } from '../core/text.ts';
import { runCommand } from '../inspector/run-command.ts';
import type { CommandArgs, CommandId } from '../runtime/commands/index.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { deliveryLine, detailText, outcomeText } from './format.ts';

interface HistoryOptions {
  output: unknown;
  data: unknown;
  raw: boolean;
}

/** Runs one command of the table from the command line and prints its result. */
export async function history(
  id: CommandId,
  args: Record<string, unknown>,
  { output, data, raw }: HistoryOptions,
): Promise<void> {
  if (output !== undefined && output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${String(output)}" is not plain or json.`);
  const dataDir = resolveSettings({ data }, process.env, null).data ?? defaultDataDir();
  const shownArgs = raw ? { ...args, secrets: true } : args;
  const result = await runCommand(dataDir, id, shownArgs as CommandArgs<typeof id>, (movedTo) =>
    process.stderr.write(`The history was damaged: it was moved to ${movedTo}, and a fresh one begun.\n`),
  );
  if (raw) process.stdout.write(bodyBytes((result as DeliveryDetail).delivery.body));
  else if (output === 'json')
    for (const line of jsonLines(result)) process.stdout.write(`${JSON.stringify(line)}\n`);
  else process.stdout.write(`${text(id, result)}\n`);
}

/** One object a line: each delivery of a list, else the result itself. */
const jsonLines = (result: object): unknown[] =>
  'deliveries' in result ? (result.deliveries as unknown[]) : [result];

function text(id: CommandId, result: object): string {
  if ('deliveries' in result) {
    const deliveries = result.deliveries as DeliverySummary[];
    if (deliveries.length === 0) return 'No deliveries.';
    return deliveries.map((summary) => `${deliveryLine(summary)}  ${outcomeText(summary)}`).join('\n');
  }
  if (id === 'show') return detailText(result as DeliveryDetail);
  if (id === 'copy') return (result as { text: string }).text;
  return Object.entries(result)
    .map(
      ([key, value]) =>
        `${key}: ${typeof value === 'object' ? printable(JSON.stringify(value)) : printable(String(value))}`,
    )
    .join('\n');
}
