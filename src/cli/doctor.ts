import { parseEndpoint } from '../core/endpoint.ts';
import { usageError } from '../core/errors.ts';
import type { Status } from '../core/session.ts';
import { printable, printableJson } from '../core/text.ts';
import { defaultInspectorPort } from '../inspector/local-api.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { type Diagnosis, diagnose, type Surroundings } from '../runtime/doctor/index.ts';
import { defaultEmulatorPort } from '../runtime/emulation.ts';
import { httpUrl } from '../runtime/reducto/access.ts';
import { defaultBaseUrl } from '../runtime/reducto/client.ts';
import { defaultPort } from '../runtime/runtime.ts';
import { type GivenSettings, resolveSettings } from '../runtime/settings.ts';
import { chooseTunnels } from '../runtime/tunnel-settings.ts';
import { tunnelProviders } from '../tunnel/providers/index.ts';
import { hanging } from './hanging.ts';
import { findRunning } from './running.ts';

/** Who is asked for the time, where the user names nobody. */
const publicTimeUrls = [defaultBaseUrl, 'https://loca.lt', 'https://www.cloudflare.com'];

/**
 * `doctor`: looks at all that this tool needs on this machine, and says what to do. The exit code is 1 when something
 * that matters is wrong.
 * @param given what commander read
 * @throws UserError for wrong flags and settings
 */
export async function doctor(endpoint: string[], given: Record<string, unknown>): Promise<void> {
  const { output = given.json === true ? 'json' : 'plain', json: _, timeUrl, ...flags } = given;
  if (output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${String(output)}" is not plain or json.`);
  const timeUrls = timeUrl === undefined ? publicTimeUrls : [httpUrl(String(timeUrl), '--time-url')];
  const diagnosis = await diagnoseHere({ ...flags, endpoint }, timeUrls);
  const text = output === 'json' ? printableJson(JSON.stringify(diagnosis)) : plain(diagnosis);
  // Names that are still being looked up can't be called off, and are not waited for.
  process.stdout.write(`${text}\n`, () => process.exit(diagnosis.ok ? 0 : 1));
}

/** What is right and wrong here. @throws UserError for wrong flags and settings */
export async function diagnoseHere(
  flags: Readonly<Record<string, unknown>>,
  timeUrls: readonly string[] = publicTimeUrls,
): Promise<Diagnosis> {
  const settings = resolveSettings(flags, process.env, findConfig());
  // A name server that is silent would hold the end of the process up (the system's lookups can't be called off): glibc
  // gives up after 2 s with this, in place of 10.
  process.env.RES_OPTIONS ??= 'timeout:1 attempts:2';
  return diagnose(await surroundings(settings, timeUrls));
}

async function surroundings(settings: GivenSettings, timeUrls: readonly string[]): Promise<Surroundings> {
  const dataDir = settings.data ?? defaultDataDir();
  const running = await statusOf(dataDir);
  const chosen = chooseTunnels(settings);
  const { stdout, env, platform, versions } = process;
  const port = (name: string, given: number | undefined, byDefault: number) => ({
    ...{ name, port: given ?? byDefault, fixed: given !== undefined },
  });
  return {
    ...{ env, platform, dataDir, nodeVersion: versions.node },
    terminal: { isTTY: stdout.isTTY, colors: stdout.isTTY ? 2 ** stdout.getColorDepth() : 0 },
    running,
    ports: [
      port('receiver', settings.port, defaultPort),
      port('web page', settings.inspectorPort, defaultInspectorPort),
      port('emulator', settings.emulatorPort, defaultEmulatorPort),
    ],
    providers: tunnelProviders,
    // What runs was started with flags that are not known here.
    tunnel: running === null ? chosen : { ...chosen, order: running.tunnel.order as typeof chosen.order },
    endpoints: settings.endpoint ?? running?.endpoints.map(({ name }) => parseEndpoint(name)) ?? [],
    insecure: settings.insecure ?? false,
    timeUrls,
  };
}

/** What a running `listen` says of itself; null where none does, or something odd stands in the place of its lock. */
async function statusOf(dataDir: string): Promise<Status | null> {
  try {
    const running = await findRunning(dataDir, { patienceMs: 1000 });
    return running === null ? null : await running.status();
  } catch {
    return null;
  }
}

const marks = { ok: '✓', note: '·', warning: '!', error: '✗' };

function plain({ findings, ok }: Diagnosis): string {
  const wide = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, level, what, todo }) => [
    hanging(`${marks[level]} ${about.padEnd(wide)}  `, printable(what)),
    ...(todo === null ? [] : [hanging(`  ${''.padEnd(wide)}  → `, printable(todo))]),
  ]);
  const count = (level: string): number => findings.filter((finding) => finding.level === level).length;
  const warnings = count('warning');
  const sum = ok ? 'Nothing that matters is wrong' : `${count('error')} wrong`;
  return [...lines, '', `${sum}${warnings === 0 ? '' : `, ${warnings} to look at (!)`}.`].join('\n');
}
