import type * as z from 'zod';
import { type CommandId, commands } from './commands/index.ts';

/** A command of the table as data, for a screen that lets the user type one. */
export interface CommandDescription {
  id: CommandId;
  help: string;
  example: string;
  /** Arguments that are given by position, in order. */
  positional: readonly string[];
  /** The others by their names on the command line, as in `show-secrets`. */
  flags: Readonly<Record<string, ArgumentDescription>>;
}

export interface ArgumentDescription {
  /** As the command knows it. */
  name: string;
  /** Whether it takes no value; whether it may be given several times. */
  kind: 'switch' | 'one' | 'many';
}

/** Every command that is in the help. */
export const describeCommands = (): CommandDescription[] =>
  (Object.keys(commands) as CommandId[])
    .filter((id) => !('hidden' in commands[id]))
    .map((id) => {
      const { help, example, positional = [] } = commands[id] as (typeof commands)['show'];
      const flags = Object.entries(shownArgs(id)).map(
        ([name, schema]) => [flagName(name), { name, kind: kindOf(schema) }] as const,
      );
      return { id, help, example, positional, flags: Object.fromEntries(flags) };
    });

/** The arguments of a command that are in its help. */
export const shownArgs = (id: CommandId): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(commands[id].args.shape as Record<string, z.ZodType>).filter(
      ([, schema]) => !(schema.meta() as { hidden?: boolean } | undefined)?.hidden,
    ),
  );

/** An argument's name on the command line. */
export const flagName = (name: string): string =>
  (name === 'secrets' ? 'showSecrets' : name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function kindOf(schema: z.ZodType): ArgumentDescription['kind'] {
  if (schema.safeParse(true).data === true) return 'switch';
  return schema.safeParse(['x']).success ? 'many' : 'one';
}

/** Takes out of a JSON Schema of arguments what is none of its own: for `override` of `z.toJSONSchema`. */
export function onlySchema(schema: Record<string, unknown>): void {
  // What the command line knows of an argument besides.
  for (const key of ['path', 'value']) delete schema[key];
  // The bounds of exact integers say nothing.
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
