import { UserError, usageError } from '../core/errors.ts';
import { parseFilter } from '../core/filter.ts';
import { logSafe } from '../core/text.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { onceTold } from './ending.ts';
import { eventJson, type OutputEvent } from './events.ts';
import { LineWriter } from './line-writer.ts';
import { plainLine } from './output.ts';
import { parseSince } from './since.ts';
import { takeOutput } from './stdout.ts';
import { TailEvents } from './tail-events.ts';
import { watchTool } from './watch-tool.ts';

/** `tail` as the command line has it. */
export interface TailFlags {
  filter?: string;
  since?: string;
  showSecrets?: boolean;
  output?: string;
  data?: string;
}

/**
 * `tail`: prints what a running tool tells, until it is ended or nobody reads any more.
 * @throws UserError for wrong flags, and when no tool runs
 */
export async function tail({
  filter = '',
  since,
  showSecrets,
  output = 'json',
  data,
}: TailFlags): Promise<void> {
  parseFilter(filter);
  if (output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${output}" is not plain or json.`);
  const from = since === undefined ? undefined : parseSince(since);
  const settings = resolveSettings({ data }, process.env, findConfig());
  const ended = new AbortController();
  onceTold(() => ended.abort());
  const print = printer(output, () => ended.abort());
  const events = new TailEvents({ filter: filter.trim(), secrets: showSecrets ?? false, since: from });
  for await (const { session, message } of watchTool(settings.data ?? defaultDataDir(), ended.signal)) {
    try {
      for await (const event of events.of(session, message)) {
        await print(event);
        if (ended.signal.aborted) return;
      }
    } catch (error) {
      // It has ended while it was asked: once it is back its deliveries are looked through.
      if (!(error instanceof UserError) || !/^(no-answer|not-serving)$/.test(error.code)) throw error;
    }
  }
}

/**
 * Prints events, one after the other.
 * @param onLost told when nobody reads any more
 * @returns resolves when the reader has taken those before: a slow one is waited for
 */
function printer(output: 'plain' | 'json', onLost: () => void): (event: OutputEvent) => Promise<void> {
  let gone: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const lines = new LineWriter(process.stdout, (why) => {
    // A reader that has had enough ("| head") is no failure.
    if (why !== 'EPIPE') {
      process.stderr.write(`reducto-webhook-dev: the output can't be written (${why}).\n`);
      process.exitCode = 1;
    }
    gone();
    onLost();
  });
  takeOutput(lines.lost);
  const lineOf = (event: OutputEvent): string | null => {
    if (output === 'json') return eventJson(event);
    const line = plainLine(event);
    return line === null ? null : logSafe(line);
  };
  return (event) =>
    Promise.race([
      lost,
      new Promise<void>((resolve) =>
        lines.write(() => {
          resolve();
          return lineOf(event);
        }),
      ),
    ]);
}
