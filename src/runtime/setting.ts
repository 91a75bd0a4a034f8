import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { cleanSecret } from '../core/secret.ts';
import { expandHome } from './paths.ts';

/** One setting of `listen`: a row whence flag, config key, environment variable and help come. */
export interface Setting<T = unknown> {
  /** As commander takes it: `--port <n>`; absent for what is given by position. */
  flag?: string;
  env?: string;
  /** Whether the flag may be given several times. */
  repeats?: true;
  /** Flags, by a name of each, that fill one list together, in the order in which they are given. */
  flags?: Readonly<Record<string, { flag: string; help: string }>>;
  help: string;
  /** Takes what was written (text from the command line, JSON from the file); gives the value. */
  schema: z.ZodType<T>;
}

/** A value that `parse` reads from text; null where the text is not what is `expected`. */
export const reading = <T>(parse: (text: string) => T | null, expected: string): z.ZodType<T> =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed === null) context.addIssue(`"${value}" is not ${expected}`);
    return parsed as T;
  });

/** A whole number in a range. */
export const integer = (min: number, max: number): z.ZodType<number> =>
  reading((text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : null;
  }, `a whole number from ${min} to ${max}`);

/** An http(s) URL without a slash at its end. */
export const baseUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

/** The value of a setting. @param label how the user named it. @throws UserError that begins with it */
export function readSetting({ schema }: Pick<Setting, 'schema'>, value: unknown, label: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageError('setting', `${label}: ${parsed.error.issues[0]!.message}`);
}

/** What was given of a table of settings on the command line. @throws UserError that names the flag */
export function readFlags(
  table: Readonly<Record<string, Setting>>,
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const value = flags[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    given[name] = readSetting(setting, value, setting.flag?.split(' ')[0] ?? name);
  }
  return given;
}

/** Lets a parser of core/ speak for a setting: its UserError becomes the setting's issue. */
export function attempt<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
}

/** A value that a parser of core/ reads. */
export const using = <T>(parse: (text: string) => T): z.ZodType<T> =>
  z
    .union([z.string(), z.number()])
    .transform((value, context) => attempt(() => parse(String(value)), context));

/** A secret, as it is pasted; with @ in front the file that holds it, since every user sees the flags of a process. */
export const secret = z.string().transform((text, context) =>
  attempt(() => {
    const value = cleanSecret(text.startsWith('@') ? readSecret(expandHome(text.slice(1))) : text);
    if (value === '') throw usageError('secret', 'it is empty');
    return value;
  }, context),
);

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('secret', `${file} can't be read: ${messageOf(error)}`);
  }
}
