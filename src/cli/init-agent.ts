import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { messageOf, systemCode, UserError, unwritable, usageError } from '../core/errors.ts';

/** The server, as each client's configuration names it. */
const serverName = 'reducto-webhook-dev';
const server = { command: 'npx', args: ['-y', 'reducto-webhook-dev', 'mcp'] };

/** What a client reads, below the folder of the project. */
interface Client {
  title: string;
  /** Its list of servers: a file of JSON, with comments where the client takes them, and the key in it. */
  config: { path: string; key: string; entry: object };
  /** Where it finds the skill; null for one that reads none. */
  skill: string | null;
  /** What the user does then. */
  next: string;
}

/** Clients of MCP, by the name that `--agent` takes; their files as their documentation has them (November 2026). */
export const agentClients = {
  claude: {
    title: 'Claude Code',
    config: { path: '.mcp.json', key: 'mcpServers', entry: server },
    skill: '.claude/skills/reducto-webhooks/SKILL.md',
    next: 'start claude in this folder and allow the server',
  },
  cursor: {
    title: 'Cursor',
    config: { path: '.cursor/mcp.json', key: 'mcpServers', entry: server },
    skill: null,
    next: 'enable the server in the settings (MCP)',
  },
  vscode: {
    title: 'VS Code',
    config: { path: '.vscode/mcp.json', key: 'servers', entry: { type: 'stdio', ...server } },
    skill: null,
    next: 'start the server where the file is open in the editor',
  },
} as const satisfies Record<string, Client>;

/** A file as it is going to be; `before` is null where there is none. */
interface Change {
  path: string;
  before: string | null;
  after: string;
}

/**
 * `init --agent`: has an agent know this tool: the server in the client's configuration, beside what is there, and a
 * skill. Nothing is written unless all can be.
 * @param clients names; none for Claude Code
 * @throws UserError for an unknown client, a configuration that can't be read or names another server so, a skill that
 * was changed, or a folder that can't be written
 */
export function initAgent(clients: readonly string[], dir = '.'): void {
  const root = resolve(dir);
  const chosen = (clients.length === 0 ? ['claude'] : clients).map((name): Client => {
    if (Object.hasOwn(agentClients, name)) return agentClients[name as keyof typeof agentClients];
    const names = Object.keys(agentClients).join(', ');
    throw usageError('agent', `--agent: "${name}" is not one of ${names}.`);
  });
  const changes = chosen.flatMap((client) => changesFor(client, root));
  for (const { path, before, after } of changes) if (before !== after) write(path, after);
  const shown = (path: string): string => relative(process.cwd(), path) || path;
  process.stdout.write(
    [
      ...changes.map(
        ({ path, before, after }) =>
          `${before === null ? 'Wrote' : before === after ? 'Found' : 'Added to'} ${shown(path)}`,
      ),
      '',
      ...chosen.map(({ title, next }) => `${title}: ${next}.`),
      'Then ask it: "make my webhook handler idempotent". For deliveries of your own, run npx reducto-webhook-dev 3000 beside it.',
      '',
    ].join('\n'),
  );
}

function changesFor({ config, skill }: Client, root: string): Change[] {
  const path = join(root, config.path);
  const changes = [withServer(path, read(path), config)];
  if (skill === null) return changes;
  const place = join(root, skill);
  const [before, text] = [
    read(place),
    readFileSync(new URL('./samples/agent/SKILL.md', import.meta.url), 'utf8'),
  ];
  if (before !== null && before !== text)
    throw usageError(
      'file-exists',
      `${place} is another one: nothing was written. Move it away to have this version's.`,
    );
  return [...changes, { path: place, before, after: text }];
}

/** The client's file with the server in it, and all else as it was, comments and layout too. */
function withServer(path: string, before: string | null, { key, entry }: Client['config']): Change {
  const errors: ParseError[] = [];
  const text = before?.trim() ? before : '{}\n';
  const known: unknown = parse(text, errors, { allowTrailingComma: true });
  const servers = known as Record<string, Record<string, unknown> | undefined> | null;
  if (errors[0] || !isObject(servers) || (servers[key] !== undefined && !isObject(servers[key])))
    throw usageError(
      'config',
      `${path} can't be read (${errors[0] ? printParseErrorCode(errors[0].error) : `no object of "${key}"`}): nothing was written. Mend it first.`,
    );
  const there = servers[key]?.[serverName];
  if (there !== undefined) {
    if ((there as Partial<typeof server>).args?.includes?.('mcp')) return { path, before, after: before! };
    throw usageError(
      'config',
      `${path} has another server "${serverName}": nothing was written. Rename that one.`,
    );
  }
  const formattingOptions = { tabSize: 2, insertSpaces: !/^\t/m.test(text), eol: '\n' };
  return {
    path,
    before,
    after: applyEdits(
      text,
      modify(text, [key, serverName], entry, { formattingOptions, getInsertionIndex: () => 0 }),
    ),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw new UserError('file', `${path} can't be read: ${messageOf(error)}.`, 1, { cause: error });
  }
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}
