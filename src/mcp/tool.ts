import type * as z from 'zod';
import type { Host } from './host.ts';

/** What a tool is told of the call that it answers. */
export interface Call {
  signal: AbortSignal;
  /** Tells how far it has come. @param total null where that is not known */
  progress(done: number, total: number | null, message: string): void;
}

/** What a tool gives. */
export interface ToolResult {
  value: unknown;
  /** Says in words what it comes to; before the JSON. */
  text?: string;
  /** Whether the agent should take it for a failure. */
  failed?: boolean;
}

/** One tool of an agent. */
export interface Tool {
  name: string;
  description: string;
  args: z.ZodObject;
  /** As MCP has them. */
  annotations: { readOnlyHint: boolean; destructiveHint: boolean };
  /** How the rest is had of a result that is too long. */
  rest: string;
  /** @param args as `args` gives them. @throws UserError for what the agent can act on */
  run(host: Host, args: Record<string, unknown>, call: Call): Promise<ToolResult>;
}
