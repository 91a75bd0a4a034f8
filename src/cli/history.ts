import type * as z from 'zod';
import { damagedError, lossNote } from '../core/damage.ts';
import { usageError } from '../core/errors.ts';
import { bodyBytes, type DeliveryDetail } from '../core/record.ts';
import { type RunSettings, runCommand } from '../inspector/run-command.ts';
import { type CommandArgs, type CommandId, type CommandResult, commands } from '../runtime/commands/index.ts';
import { findConfig } from '../runtime/config-file.ts';
import { svixProblem } from '../runtime/context.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { editRequest } from '../runtime/editor.ts';
import { type GivenSettings, resolveSettings } from '../runtime/settings.ts';
import { limitsOf } from '../store/retention.ts';
import { exportToOutput, importHere } from './files.ts';
import { printResult } from './result.ts';
import { showWork } from './work-progress.ts';
import { fullPath } from './working-directory.ts';

type Given = Record<string, unknown>;

/** Ways of `show` to print a delivery that are formats of `export`. */
const exportFlags = ['curl', 'httpie', 'har', 'fixture'] as const;

/**
 * Runs one command of the table from the command line and prints its result.
 * @param options what commander read, the flags of the command line's own among them
 * @param positional the arguments given by position, by name
 */
export async function history(id: CommandId, options: Given, positional: Given): Promise<void> {
  const { output, data, raw, edit, curl, httpie, har, fixture, showSecrets, ...flags } = options;
  if (output !== undefined && output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${String(output)}" is not plain or json.`);
  const settings = resolveSettings({ data }, process.env, findConfig());
  const problem = commands[id].long ? svixProblem(settings.svixSecret) : null;
  if (problem !== null) process.stderr.write(`${problem}\n`);
  const work = showWork(process.stderr);
  const run = <K extends CommandId>(command: K, args: Given): Promise<CommandResult<K>> =>
    runCommand(
      settings.data ?? defaultDataDir(),
      command,
      args as CommandArgs<K>,
      commands[command].long
        ? { ...offline(settings), signal: untilInterrupted(), onWork: work.show }
        : offline(settings),
    ).finally(() => work.end());
  const args = withFullPaths(id, {
    ...flags,
    ...positional,
    ...(showSecrets === true ? { secrets: true } : {}),
    ...(id === 'job' ? ownAccess() : {}),
  });

  if (raw === true) {
    const { delivery } = (await run('show', { ...args, secrets: true })) as DeliveryDetail;
    process.stdout.write(bodyBytes(delivery.body));
    if (delivery.damage === undefined) return;
    // Nothing in the bytes tells that.
    process.stderr.write(`${damagedError(delivery).message}\n`);
    process.exitCode = 1;
    return;
  }
  const format = exportFlags.find((name) => ({ curl, httpie, har, fixture })[name] === true);
  if (format !== undefined) return printResult('export', await run('export', { ...args, format }), output);
  if (edit === true) {
    const draft = await edited(positional, (reference) => run('show', { id: reference, secrets: true }));
    if (draft === null) return void process.stderr.write('Nothing was sent.\n');
    return printResult(id, await run(id, { ...args, draft }), output);
  }
  if (id === 'import') {
    const importFile = (file: string) => run('import', { file, prepared: true });
    return printResult(id, await importHere(String(args.file), importFile), output);
  }
  if (id === 'export' && args.file === undefined && output !== 'json' && !process.stdout.isTTY)
    return exportToOutput((file) => run('export', { ...args, file }));
  printResult(id, await run(id, args), output);
}

/** A running tool has an environment of its own; the key goes to it over loopback and is not kept. */
export const ownAccess = (): Given => {
  const { REDUCTO_API_KEY: apiKey, REDUCTO_BASE_URL: baseUrl } = process.env;
  return { ...(apiKey ? { apiKey } : {}), ...(baseUrl ? { baseUrl } : {}) };
};

async function edited(positional: Given, show: (id: string) => Promise<DeliveryDetail>) {
  const ids = positional.id as string[] | undefined;
  if (ids?.length !== 1) throw usageError('edit', '--edit takes one delivery, as in replay last --edit.');
  const { delivery } = await show(ids[0]!);
  return editRequest(delivery);
}

/** Aborted by the first Ctrl-C, which ends long work in good order; the second one ends the process. */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

export const offline = (settings: GivenSettings): RunSettings => ({
  endpoints: settings.endpoint ?? [],
  rules: settings.rules,
  svixSecret: settings.svixSecret,
  timeoutMs: settings.timeout ?? 30_000,
  insecure: settings.insecure ?? false,
  limits: limitsOf(settings),
  onLoss: (loss) => void process.stderr.write(`${lossNote(loss)}\n`),
  onReadOnly: (why) => void process.stderr.write(`${why} The history is only read now, without a lock.\n`),
});

/** A path is meant from where the user is, not from where `listen` runs. */
export function withFullPaths(id: CommandId, args: Given): Given {
  const shape: Record<string, z.ZodType> = commands[id].args.shape;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      shape[name]?.meta()?.path === true && typeof value === 'string' ? fullPath(value) : value,
    ]),
  );
}
