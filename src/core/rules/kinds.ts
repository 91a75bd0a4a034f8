import { applyEdits, parseHeaderEdit } from '../edit.ts';
import { parseEndpoint } from '../endpoint.ts';
import { UserError, usageError } from '../errors.ts';
import { type Filter, type FilterField, parseFilter } from '../filter.ts';
import { maskHeaders } from '../mask.ts';
import { cleanSecret } from '../secret.ts';
import { type Files, parseAnswer } from './answer.ts';
import type { HeaderEdit, Rule, RuleKind, RuleText } from './rule.ts';

/** A kind of rule: its flag, and what it is made of. */
interface Kind<K extends RuleKind> {
  /** What follows the flag. */
  form: string;
  help: string;
  /** As on a command line. */
  example: string;
  /** @throws UserError that says what is wrong */
  parse(text: string, files: Files): Omit<Extract<Rule, { kind: K }>, 'kind' | 'text'>;
  /** The text with its secrets masked; as it is when absent. */
  mask?(text: string): string;
}

/** Every kind of rule by its name: that of its flag, and of its key in the config file. */
export const ruleKinds: { readonly [K in RuleKind]: Kind<K> } = {
  route: {
    form: 'filter→url',
    help: 'where what matches goes, instead of the endpoints; several may match, the first one answers the sender',
    example: "--route 'status:failed -> http://localhost:3001/failed'",
    parse(text) {
      const [filter, to] = halves(text, 'FILTER → URL, as in status:failed → http://localhost:3001/failed');
      return { filter: conditionOf(filter), endpoint: parseEndpoint(to) };
    },
  },
  'forward-filter': {
    form: 'query',
    help: 'only what matches goes to the app; the rest is kept and answered',
    example: "--forward-filter 'status:completed'",
    parse: (text) => ({ filter: conditionOf(text) }),
  },
  header: {
    form: 'name: value',
    help: 'sets a header of what goes to the app, with @FILE as its value to what that file holds',
    example: "--header 'x-env: dev'",
    parse(text, files) {
      const { name, value } = headerEdit(withFile(text, files));
      if (value === null) throw usageError('rule', 'it has no value: --drop-header takes a header away.');
      return { edit: { kind: 'header' as const, name, value } };
    },
    mask(text) {
      if (fileValue.test(text)) return text; // where it is, and not what
      const { name, value } = headerEdit(text);
      return `${name}: ${maskHeaders([[name, value ?? '']])[0]![1]}`;
    },
  },
  'drop-header': {
    form: 'name',
    help: 'takes a header away from what goes to the app',
    example: '--drop-header authorization',
    parse: (text) => ({ edit: headerEdit(`${text}:`) }),
  },
  answer: {
    form: 'filter→answer',
    help: 'answers what matches, and keeps it from the app: STATUS [TYPE] [BODY or @FILE], or @FILE with a whole answer as HTTP has it',
    example: `--answer 'path:/hook -> 202 application/json {"ok":true}'`,
    parse(text, files) {
      const [when, rest] = halves(text, 'FILTER → STATUS [TYPE] [BODY], as in path:/hook → 202');
      return { when, filter: conditionOf(when), answer: parseAnswer(rest, files) };
    },
  },
  exec: {
    form: 'command',
    help: 'a shell command for each delivery: its body on stdin, what is known of it as RWD_… variables, its output kept as an attempt',
    example: "--exec 'jq .job_id >> jobs.txt'",
    parse(text) {
      if (text.trim() === '' || text.includes('\0'))
        throw usageError('rule', "write a command, as in 'jq .job_id'.");
      return { command: text };
    },
  },
  transform: {
    form: 'file',
    help: 'a module whose request(req, ctx) and answer(res, ctx) change what goes to the app, and what the sender gets of it',
    example: '--transform ./webhook.mjs',
    parse(text, files) {
      files.read(text);
      return { file: files.path(text) };
    },
  },
};

const fileValue = /^([^:]+:)\s*@(.+)$/s;

/** A header whose value a file holds, as every user of the machine sees the flags of a process. @throws UserError when it can't be read */
function withFile(text: string, { read }: Files): string {
  const [, name, file] = fileValue.exec(text) ?? [];
  return file === undefined ? text : `${name}${cleanSecret(Buffer.from(read(file.trim())).toString())}`;
}

/** @throws UserError for a header that can't be sent, or is made anew for each request */
function headerEdit(text: string): HeaderEdit {
  const edit = parseHeaderEdit(text);
  applyEdits({ headers: [], body: new Uint8Array() }, [edit]);
  return edit as HeaderEdit;
}

/** A rule as it was written, with its secrets masked. */
export const maskedRule = ({ kind, text }: RuleText): RuleText => ({
  kind,
  text: ruleKinds[kind].mask?.(text) ?? text,
});

/** Reads a rule. @param files that it names @throws UserError that names it and says what is wrong with it */
export function parseRule({ kind, text }: RuleText, files: Files): Rule {
  try {
    return { kind, text, ...ruleKinds[kind].parse(text, files) } as Rule;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw usageError('rule', `${kind} "${text}": ${error.message}`);
  }
}

/** What stands on both sides of the first arrow that is not in quotes. */
function halves(text: string, wanted: string): [filter: string, rest: string] {
  const [, filter, rest] = /^((?:"(?:[^"\\]|\\.)*"|[^"])*?)(?:→|->)(.*)$/s.exec(text) ?? [];
  if (filter === undefined || rest!.trim() === '') throw usageError('rule', `write ${wanted}.`);
  return [filter.trim(), rest!.trim()];
}

/** What is not known of a delivery when it comes in. */
const later: ReadonlySet<FilterField> = new Set([
  ...(['seq', 'id', 'outcome', 'code', 'ack', 'attempts', 'duration'] as const),
]);

/** @throws UserError for a filter that asks for what is not known yet */
function conditionOf(text: string): Filter {
  const filter = parseFilter(text);
  const unknown = fieldsOf(filter).find((field) => later.has(field));
  if (unknown !== undefined)
    throw usageError(
      'rule',
      `"${unknown}" is not known when a delivery comes in: use status, job, metadata, path, method, source, verified or size.`,
    );
  return filter;
}

function fieldsOf(filter: Filter): FilterField[] {
  switch (filter.op) {
    case 'and':
    case 'or':
      return [...fieldsOf(filter.left), ...fieldsOf(filter.right)];
    case 'not':
      return fieldsOf(filter.operand);
    case 'match':
    case 'compare':
      return [filter.field];
    case 'all':
    case 'text':
    case 'verified':
      return [];
  }
}
