import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { mustNotFail, UserError } from '../core/errors.ts';
import { runCommand } from '../inspector/run-command.ts';
import type { Host } from '../mcp/host.ts';
import { serveMcp } from '../mcp/server.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { type GivenSettings, resolveSettings } from '../runtime/settings.ts';
import { diagnoseHere } from './doctor.ts';
import { onceTold } from './ending.ts';
import { offline, ownAccess, withFullPaths } from './history.ts';
import { listen } from './listen.ts';
import { findRunning } from './running.ts';

/**
 * `mcp`: the tools of an agent, over stdio, on the `listen` that runs on the data directory, or on one of its own that
 * ends with it.
 * @param flags those of `listen`, for one of its own
 * @throws UserError for wrong settings
 */
export async function mcp(flags: Record<string, unknown>): Promise<void> {
  const settings = resolveSettings(flags, process.env, findConfig());
  const dataDir = settings.data ?? defaultDataDir();
  const host = hostOn(dataDir, settings);
  if ((await findRunning(dataDir)) !== null) return serve(host);
  // Its page is a person's: who wants it starts listen.
  await listen({ inspector: false, ...flags }, () => serve(host));
}

/** Until the agent closes our standard input, or a signal ends it. */
async function serve(host: Host): Promise<void> {
  const transport = new StdioServerTransport();
  const end = (): void => mustNotFail(transport.close());
  process.stdin.once('end', end);
  onceTold(end);
  await serveMcp(host, transport);
}

function hostOn(dataDir: string, settings: GivenSettings): Host {
  return {
    run: (id, args, { signal, onCheck } = {}) =>
      runCommand(
        dataDir,
        id,
        withFullPaths(id, { ...args, ...(id === 'job' ? ownAccess() : {}) }) as typeof args,
        {
          ...offline(settings),
          ...(signal && { signal }),
          ...((id === 'check' || id === 'scenario') && { gently: true }),
          ...(onCheck && { onCheck }),
        },
      ),
    async status() {
      const tool = await findRunning(dataDir);
      if (tool !== null) return tool.status();
      throw new UserError(
        'not-running',
        'The listen that was attached to has ended: start it again, then this server.',
      );
    },
    diagnose: () => diagnoseHere({ data: dataDir, endpoint: settings.endpoint?.map(({ name }) => name) }),
  };
}
