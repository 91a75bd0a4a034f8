import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { messageOf, usageError } from '../core/errors.ts';
import type { Files } from '../core/rules/answer.ts';
import { parseRule, ruleKinds } from '../core/rules/kinds.ts';
import type { Rule, RuleKind } from '../core/rules/rule.ts';
import { expandHome } from './paths.ts';
import { attempt } from './setting.ts';

const names = Object.keys(ruleKinds) as RuleKind[];

/** The flags that add a rule each, by the rule's kind. */
export const ruleFlags: Readonly<Record<RuleKind, { flag: string; help: string }>> = Object.fromEntries(
  names.map((kind) => {
    const { form, help } = ruleKinds[kind];
    return [kind, { flag: `--${kind} <${form}>`, help: `${help} (may be repeated)` }];
  }),
) as Record<RuleKind, { flag: string; help: string }>;

const written = z.array(
  z.record(z.string(), z.string()).refine(
    (rule) => {
      const [name, ...others] = Object.keys(rule);
      return others.length === 0 && (names as string[]).includes(name ?? '');
    },
    `each rule is an object with one key of ${names.join(', ')}, as in {"route": "status:failed → 3001"}`,
  ),
  'write a list of rules, as in [{"route": "status:failed → 3001"}]',
);

/**
 * A list of rules, each as an object with its kind and its text: `[{"route": "status:failed → 3001"}]`.
 * @param dir whence the files that they name are looked for
 */
export const rulesIn = (dir: string): z.ZodType<Rule[]> =>
  written.transform((given, context) =>
    attempt(
      () =>
        given.map((rule) => {
          const [kind, text] = Object.entries(rule)[0]!;
          return parseRule({ kind: kind as RuleKind, text }, filesIn(dir));
        }),
      context,
    ),
  );

/** The files that rules name, looked for from a folder. */
export function filesIn(dir: string): Files {
  const path = (name: string): string => resolve(dir, expandHome(name));
  return { path, read: (name) => read(path(name)) };
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usageError('rule', `${file} can't be read: ${messageOf(error)}`);
  }
}
