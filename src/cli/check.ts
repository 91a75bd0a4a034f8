import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExploredApp } from '../checks/explore/index.ts';
import { type CheckOptions, type Report, runChecks } from '../checks/index.ts';
import { reporters } from '../checks/report/index.ts';
import { plainReport } from '../checks/report/plain.ts';
import { checks } from '../checks/table/index.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import { usageError } from '../core/errors.ts';
import { metadataMembers, parseMetadata } from '../core/metadata.ts';
import { printable } from '../core/text.ts';
import { parseTimer } from '../core/units.ts';
import { alreadyRunning, claim } from '../inspector/claim.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import type { CheckFlags } from './check-flags.ts';
import { showProgress } from './check-progress.ts';
import { listText } from './check-text.ts';

/** Runs the checks, prints what they found, sets the exit code. */
export async function check(url: string | undefined, flags: CheckFlags): Promise<void> {
  if (flags.list) return void process.stdout.write(`${listText(checks)}\n`);
  if (flags.reporter !== undefined && !Object.hasOwn(reporters, flags.reporter))
    throw usageError(
      'reporter',
      `--reporter: "${flags.reporter}" is not ${Object.keys(reporters).join(', ')}.`,
    );
  if (flags.reportFile !== undefined && flags.reporter === undefined)
    throw usageError('reporter', `--report-file needs --reporter: ${Object.keys(reporters).join(', ')}.`);
  const lone = (['runs', 'time', 'reset', 'script'] as const).find((flag) => flags[flag] !== undefined);
  if (lone !== undefined && !flags.explore) throw usageError('explore', `--${lone} goes with --explore.`);
  const { data, secret, svixSecret } = flags;
  const settings = resolveSettings({ data, secret, svixSecret }, process.env, findConfig());
  const dataDir = settings.data ?? defaultDataDir();
  const options = toOptions(url, flags, settings);
  const claimed = await claimFor(dataDir);
  const stop = stopOnSignal();
  const progress = showProgress(process.stderr, settings.color ?? true);
  const whole = { ...options, dataDir: claimed.dataDir, signal: stop, onProgress: progress.show };
  let report: Report;
  let found: ExploredApp | null = null;
  try {
    if (flags.explore) found = await explore(whole, flags);
    report = found?.report ?? (await runChecks(whole));
  } finally {
    progress.end();
    await claimed.release();
  }
  if (claimed.aside)
    process.stderr.write(
      `Another reducto-webhook-dev has the data: what was sent is in ${claimed.dataDir} (--data).\n`,
    );
  write(report, flags);
  if (found) writeFinding(found, flags);
  process.exitCode = report.interrupted ? 130 : report.exitCode;
}

/** Explores instead of running the checks. */
async function explore(options: CheckOptions, { runs, time, reset }: CheckFlags): Promise<ExploredApp> {
  const { exploreApp } = await import('../checks/explore/index.ts');
  const timeMs = duration('--time', time);
  return exploreApp({ ...options, reset, timeMs, runs: integer('--runs', runs, 1_000_000) });
}

/** Prints how the shortest schedule went, and the script that makes it happen. */
function writeFinding(
  { report, timeline, script }: ExploredApp,
  { reporter, reportFile, script: file }: CheckFlags,
): void {
  if (script !== null && file !== undefined) writeFileSync(file, script, { mode: 0o755 });
  if (timeline === null || script === null || (reporter !== undefined && reportFile === undefined)) return;
  const again = `To search again from where this was found: the same command with --seed ${report.seed}`;
  const shown =
    file === undefined ? `As a script (--script FILE keeps it):\n\n${script}` : `The script is in ${file}.\n`;
  process.stdout.write(`\n${printable(`${timeline}\n\n${again}\n\n${shown}`, true)}`);
}

/** Stops after the check that is being made; asked again, at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  const ask = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    process.stderr.write('\nStopping after this check (again: at once).\n');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  return stop.signal;
}

/** Prints the report, and writes that of `--reporter` to its file where it has one, else in place of the plain one. */
function write(report: Report, { reporter, reportFile }: CheckFlags): void {
  const text = reporter === undefined ? null : reporters[reporter]!(report);
  if (text !== null && reportFile !== undefined) writeFileSync(reportFile, text);
  if (text !== null && reportFile === undefined) process.stdout.write(text);
  else process.stdout.write(`\n${printable(plainReport(report), true)}\n`);
}

/** The data directory, or a folder in it while another process has it. @throws UserError when that is in use too */
async function claimFor(dataDir: string) {
  const claimed = await claim(dataDir, 2000);
  if (!('owner' in claimed)) return { dataDir, aside: false, release: claimed.release };
  const other = join(dataDir, 'checks');
  const second = await claim(other, 2000);
  if ('owner' in second) throw alreadyRunning(second.owner, other);
  return { dataDir: other, aside: true, release: second.release };
}

type Given = Pick<ReturnType<typeof resolveSettings>, 'secret' | 'svixSecret' | 'insecure'>;

function toOptions(url: string | undefined, flags: CheckFlags, given: Given): Omit<CheckOptions, 'dataDir'> {
  return {
    ...target(url, flags),
    effects: flags.effects,
    effectsUrls: flags.effectsUrl,
    effectsIgnore: flags.effectsIgnore.map(pattern),
    egress: flags.egress ?? false,
    effectMs: duration('--effect-time', flags.effectTime) ?? 5000,
    quietMs: duration('--quiet', flags.quiet),
    timeoutMs: duration('--timeout', flags.timeout) ?? 15_000,
    insecure: flags.insecure ?? given.insecure ?? false,
    prepare: flags.prepare,
    secret: given.secret,
    svixSecret: given.svixSecret,
    metadata: metadataMembers(parseMetadata(flags.metadata, undefined)),
    only: flags.only.flatMap(ids),
    skip: flags.skip.flatMap(ids),
    bail: flags.bail ?? false,
    strict: flags.strict ?? false,
    lateMs: duration('--late', flags.late),
    ...(flags.emulatorPort === undefined
      ? {}
      : { emulatorPort: integer('--emulator-port', flags.emulatorPort, 65_535)! }),
    ...(flags.seed === undefined ? {} : { seed: integer('--seed', flags.seed, 999_999_999)! }),
  };
}

/** Where the handler is, and how it is started. @throws UserError when that is not clear */
function target(
  url: string | undefined,
  { start, ready, endpoint }: CheckFlags,
): Pick<CheckOptions, 'endpoint' | 'start'> {
  if (start === undefined && (ready ?? endpoint) !== undefined)
    throw usageError('start', '--ready and --endpoint go with --start; else give the URL of the handler.');
  const base = url ?? ready;
  if (base === undefined || (url === undefined && endpoint === undefined))
    throw usageError(
      'url',
      start === undefined
        ? 'Where is the handler? Give its URL, as in check http://localhost:3000/webhook.'
        : 'Where is the handler? Give its URL, or --ready http://localhost:3000/health and --endpoint /webhook.',
    );
  if (endpoint !== undefined && !URL.canParse(endpoint, base))
    throw usageError('url', `"${base}" is not an http(s) URL.`);
  const at = parseEndpoint(endpoint === undefined ? base : new URL(endpoint, base).href);
  if (start === undefined) return { endpoint: at };
  return { endpoint: at, start: { command: start, readyUrl: ready ?? `${at.origin}/`, cwd: process.cwd() } };
}

const ids = (text: string): string[] =>
  text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'gi');
  } catch (error) {
    throw usageError('effects-ignore', `--effects-ignore: ${(error as Error).message}.`);
  }
}

function duration(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseTimer(text);
  if (ms === null) throw usageError('setting', `${flag}: "${text}" is not a duration such as 500ms or 2s.`);
  return ms;
}

function integer(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) > most)
    throw usageError('setting', `${flag}: "${text}" is not a whole number up to ${most}.`);
  return Number(text);
}
