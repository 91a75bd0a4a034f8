import type { CheckOptions } from '../checks/options.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import { usageError } from '../core/errors.ts';
import { metadataMembers, parseMetadata } from '../core/metadata.ts';
import { parseTimer } from '../core/units.ts';
import type { CheckArgs } from './check-args.ts';
import type { CheckOrder } from './checking.ts';
import type { CommandContext } from './command.ts';

/**
 * What a run is to do, from the arguments of `check`.
 * @throws UserError that names the flag which can't be read
 */
export function checkOrder(context: CommandContext, given: CheckArgs): CheckOrder {
  const { explore, runs, time, reset } = given;
  const lone = (['runs', 'time', 'reset'] as const).find((flag) => given[flag] !== undefined);
  if (lone !== undefined && !explore) throw usageError('explore', `--${lone} goes with --explore.`);
  const options = { ...checkOptions(context, given), reset };
  if (!explore) return { options, explore: null };
  return {
    options,
    explore: { timeMs: duration('--time', time), runs: integer('--runs', runs, 1_000_000) },
  };
}

/** What the arguments say of the app, and how it is looked at. @throws UserError that names the flag which can't be read */
export const checkOptions = (
  context: CommandContext,
  given: CheckArgs,
): Omit<CheckOptions, 'signal' | 'onProgress'> => ({
  ...optionsOf(given, context.app),
  ...places(context, given),
});

/** Where a run keeps what it sends, and which emulated API it takes. */
function places({ store, dataDir, emulator }: CommandContext, given: CheckArgs) {
  const { cwd = process.cwd(), environment, start, emulatorPort } = given;
  // An app that runs beside an emulator has its jobs from there; one that is started here is told of its own.
  const shared = start === undefined && emulatorPort === undefined ? emulator : null;
  return {
    ...{ store, dataDir, cwd },
    ...(environment ? { environment } : {}),
    ...(shared ? { emulator: shared } : {}),
  };
}

function optionsOf(given: CheckArgs, app: CommandContext['app']): Omit<CheckOptions, 'dataDir'> {
  const { prepare, verify, secret = app.secret, svixSecret = app.svixSecret } = given;
  return {
    ...target(given),
    effects: given.effects,
    effectsUrls: given.effectsUrl,
    effectsFunctions: given.effectsFunction,
    effectsIgnore: given.effectsIgnore.map(pattern),
    egress: given.egress,
    effectMs: duration('--effect-time', given.effectTime) ?? 5000,
    quietMs: duration('--quiet', given.quiet),
    timeoutMs: duration('--timeout', given.timeout) ?? 15_000,
    insecure: given.insecure || app.insecure === true,
    ...{ prepare, verify, secret, svixSecret },
    metadata: metadataMembers(parseMetadata(given.metadata, undefined)),
    only: given.only.flatMap(ids),
    skip: given.skip.flatMap(ids),
    bail: given.bail,
    strict: given.strict,
    lateMs: duration('--late', given.late),
    ...(given.emulatorPort === undefined
      ? {}
      : { emulatorPort: integer('--emulator-port', given.emulatorPort, 65_535)! }),
    ...(given.seed === undefined ? {} : { seed: integer('--seed', given.seed, 999_999_999)! }),
  };
}

/** Where the handler is, and how it is started. @throws UserError when that is not clear */
function target({
  url,
  start,
  ready,
  endpoint,
  cwd = process.cwd(),
}: CheckArgs): Pick<CheckOptions, 'endpoint' | 'start'> {
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
  return { endpoint: at, start: { command: start, readyUrl: ready ?? `${at.origin}/`, cwd } };
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
