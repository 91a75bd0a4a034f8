import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  type ProgressToken,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { UserError } from '../core/errors.ts';
import { printableJson } from '../core/text.ts';
import { version } from '../core/version.ts';
import { onlySchema } from '../runtime/describe.ts';
import { bounded } from './bounded.ts';
import type { Host } from './host.ts';
import { prompts, promptText } from './prompts.ts';
import { listResources, readResource, resourceTemplates } from './resources.ts';
import type { Call, Tool, ToolResult } from './tool.ts';
import { tools } from './tools.ts';

const instructions = `Tools of reducto-webhook-dev: it receives Reducto's webhooks on this machine, shows and replays them, and proves whether a handler is idempotent. Deliveries are known by their numbers. Secrets are masked. Begin with public_url or list; run_check judges a handler and says how to mend it.`;

/**
 * Serves the tools, resources and prompts of an agent.
 * @returns resolves when the agent has gone
 */
export async function serveMcp(host: Host, transport: Transport): Promise<void> {
  const server = createServer(host);
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  await server.connect(transport);
  await closed;
}

function createServer(host: Host): Server {
  const byName = new Map(tools().map((tool) => [tool.name, tool]));
  const server = new Server(
    { name: 'reducto-webhook-dev', version },
    { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...byName.values()].map(describe) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const tool = byName.get(params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}.`);
    const token = params._meta?.progressToken;
    const call = { signal, progress: progressOf(token, sendNotification) };
    return toResult(tool, await runTool(tool, host, params.arguments ?? {}, call));
  });
  server.setRequestHandler(ListResourcesRequestSchema, async () => ({
    resources: await listResources(host),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => ({
    contents: [{ uri, ...(await asked(() => readResource(host, uri))) }],
  }));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ text: _, ...prompt }) => prompt),
  }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => {
    const text = await asked(async () => promptText(params.name, params.arguments ?? {}));
    return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
  });
  return server;
}

function describe({ name, description, args, annotations }: Tool) {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(args, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => onlySchema(jsonSchema),
  });
  return { name, description, inputSchema: { ...inputSchema, type: 'object' as const }, annotations };
}

/** What a person or an agent can act on is said to the agent; anything else is a bug. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw new McpError(ErrorCode.InvalidParams, error.message);
    throw error;
  }
}

async function runTool(tool: Tool, host: Host, given: unknown, call: Call): Promise<ToolResult> {
  const args = tool.args.safeParse(given);
  if (!args.success) {
    const [{ path, message }] = args.error.issues as [z.core.$ZodIssue];
    return { failed: true, value: null, text: `${path.join('.') || 'arguments'}: ${message}` };
  }
  try {
    return await tool.run(host, args.data, call);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failed: true, value: null, text: error.message };
  }
}

function toResult({ rest }: Tool, { value, text, failed = false }: ToolResult): CallToolResult {
  const shown = value === null || value === undefined ? null : bounded(value, rest);
  const parts = [text, shown && printableJson(shown.json)].filter(
    (part) => part !== undefined && part !== null,
  );
  return {
    content: (parts.length > 0 ? parts : ['done']).map((part) => ({ type: 'text' as const, text: part })),
    isError: failed,
  };
}

/** Tells the agent how far a call has come, where it has asked for that. */
function progressOf(
  token: ProgressToken | undefined,
  send: (notification: {
    method: 'notifications/progress';
    params: { progressToken: ProgressToken; progress: number; total?: number; message: string };
  }) => Promise<void>,
): Call['progress'] {
  let last = '';
  let progress = 0;
  return (done, total, message) => {
    if (token === undefined || `${done} ${message}` === last) return;
    last = `${done} ${message}`;
    // It has to grow with each (MCP, Progress), also within one check.
    progress = Math.max(progress + 0.001, done);
    send({
      method: 'notifications/progress',
      params: { progressToken: token, progress, message, ...(total === null ? {} : { total }) },
    }).catch(() => undefined); // the agent has gone: its call ends with it
  };
}
