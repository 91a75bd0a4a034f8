import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import * as z from 'zod';
import { jsonValue } from '../core/json.ts';
import { version } from '../core/version.ts';
import { readDataFile, writeDataFile } from '../runtime/data-dir.ts';
import type { GivenSettings } from '../runtime/settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const name = 'reducto-webhook-dev';
/** ms between two questions. */
const askEvery = 24 * 60 * 60 * 1000;
/** ms that the registry has for its answer. */
const patienceMs = 10_000;

/** A release, as its version is written; one to try out (1.0.0-rc.1) is none that people are told of. */
const release = z.string().regex(/^\d{1,6}(\.\d{1,6}){2}$/);
const noted = z.object({ askedAt: z.number(), latest: release.nullable() });

/** Whether the environment is that of a CI job, where nobody is looking. */
export const inCi = (env: Environment): boolean =>
  (env.CI !== undefined && !['', '0', 'false'].includes(env.CI.toLowerCase())) ||
  ['CONTINUOUS_INTEGRATION', 'BUILD_NUMBER', 'TF_BUILD'].some((variable) => env[variable]);

/**
 * Whether there is somebody to be told of a newer version, who has not said otherwise.
 * @param terminal whether standard output and error are one
 */
export const mayNotify = (
  env: Environment,
  { updateNotice = true, output }: Pick<GivenSettings, 'updateNotice' | 'output'>,
  terminal: boolean,
): boolean => updateNotice && output !== 'json' && terminal && !env.NO_UPDATE_NOTIFIER && !inCi(env);

/** Whether a release is newer than another version. */
export function isNewer(latest: string, than: string): boolean {
  const [ours, preRelease] = than.split('-', 2);
  const order = latest.localeCompare(ours!, 'en', { numeric: true });
  return order > 0 || (order === 0 && preRelease !== undefined);
}

/**
 * Looks, at most once a day and in the background, which release npm has; what goes wrong with that is nobody's
 * business. The answer is kept in the user's cache.
 * @returns tells what is to be said by now; null for nothing
 */
export function lookForUpdate(env: Environment, now = Date.now()): () => string | null {
  const file = join(envPaths(name, { suffix: '' }).cache, 'update.json');
  let latest: string | null = null;
  try {
    const known = read(file);
    latest = known.latest;
    if (Math.abs(now - known.askedAt) >= askEvery) {
      mkdirSync(dirname(file), { recursive: true });
      // Before the answer: a registry that can't be reached is not asked at every start.
      const note = (): void => void writeDataFile(file, JSON.stringify({ askedAt: now, latest }), true);
      note();
      ask(env)
        .then((found) => {
          latest = found;
          note();
        })
        .catch(() => undefined);
    }
  } catch {
    // A home that can't be written, or a cache that others have laid out: then nobody is asked.
  }
  return () =>
    latest !== null && isNewer(latest, version)
      ? `${name} ${latest} is out, and this is ${version}: npx ${name}@latest, or npm install -g ${name}@latest`
      : null;
}

function read(file: string): z.infer<typeof noted> {
  const text = readDataFile(file);
  const known = noted.safeParse(text === null ? undefined : jsonValue(text));
  // There may be none yet, or one that was cut off or is of another version.
  return known.data ?? { askedAt: Number.NEGATIVE_INFINITY, latest: null };
}

/** The newest release of the registry that npm uses here. */
async function ask({
  npm_config_registry: registry = 'https://registry.npmjs.org/',
}: Environment): Promise<string> {
  const url = new URL(`-/package/${name}/dist-tags`, registry.endsWith('/') ? registry : `${registry}/`);
  const { request } = (await import('undici')).default;
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(patienceMs) });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`status ${statusCode}`);
  }
  return z.object({ latest: release }).parse(await body.json()).latest;
}
