import { type Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type * as z from 'zod';
import { compile } from './compile.ts';
import { type Place, type Scenario, scenarioError } from './scenario.ts';
import { plainSteps, type ScenarioFile, scenarioFile, stepSchemas, wordsAt } from './schema.ts';

/** Characters of a file at the most: no scenario is that long. */
const mostCharacters = 1_000_000;

type Path = readonly PropertyKey[];

/** A value, and where its parts stand. */
interface Source {
  value: unknown;
  /** @param key whether the name of the last part is meant, and not what it is */
  place(path: Path, key?: boolean): Place;
}

/**
 * Reads a scenario from YAML.
 * @param id the path of its file
 * @throws UserError that names the place and says what to do
 */
export function readScenario(text: string, id: string): Scenario {
  return toScenario(parse(text, id), id);
}

/** A scenario that is an object already. @throws UserError that says what is wrong with it */
export const scenarioOf = (value: unknown, id: string): Scenario =>
  toScenario({ value, place: () => null }, id);

function parse(text: string, id: string): Source {
  if (text.length > mostCharacters)
    throw scenarioError(id, null, `a scenario has ${mostCharacters} characters at the most`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [document, another] = documents as Document.Parsed[];
  if (document === undefined || document.contents === null)
    throw scenarioError(id, null, 'there is nothing in it: see reducto-webhook-dev scenario new FILE');
  const [error] = document.errors;
  if (error) throw scenarioError(id, at(error.pos[0]), `this is no YAML: ${firstLine(error.message)}`);
  if (another)
    throw scenarioError(id, at(another.range[0]), 'a file holds one scenario: take the "---" away');
  return {
    value: plain(document, id),
    place: (path, key = false) => at(offsetOf(document, path, key)),
  };
}

const firstLine = (message: string): string => message.split('\n')[0]!.replace(/\.$/, '');

/** @throws UserError for a file that names more than it holds (a "billion laughs") */
function plain(document: Document, id: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw scenarioError(id, null, `this is no YAML: ${firstLine((error as Error).message)}`);
  }
}

/** Where a part of a document begins; where it is missing, what it is missing from. */
function offsetOf(document: Document.Parsed, path: Path, key: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    if (key) {
      const parent = document.getIn(part.slice(0, -1), true);
      const pair =
        isMap(parent) && parent.items.find((each) => isScalar(each.key) && each.key.value === part.at(-1));
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(part, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.range[0];
}

function toScenario(source: Source, id: string): Scenario {
  const { success, data, error } = scenarioFile.safeParse(source.value);
  if (!success) throw problem(error.issues[0]!, source, id);
  return compile(data as ScenarioFile, id, (path) => source.place(path));
}

/** What the first thing that is wrong is, and where. */
function problem(issue: z.core.$ZodIssue, source: Source, id: string) {
  const { path } = issue;
  const at = valueAt(source.value, path);
  const word = stepWord(path[0] === 'steps' ? valueAt(source.value, path.slice(0, 2)) : null);
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys as [string];
    const words = wordsAt(path, word).join(', ');
    return scenarioError(id, source.place([...path, key], true), `there is no "${key}" here: use ${words}`);
  }
  const isStep = path[0] === 'steps' && path.length === 2;
  if (issue.code === 'invalid_union' && isStep) {
    if (word === null) {
      const known = [...Object.keys(plainSteps), ...Object.keys(stepSchemas)].join(', ');
      return scenarioError(id, source.place(path), `this is no step: use ${known}`);
    }
    // Each kind of step is one branch of the union: its own issue says more.
    const [inner] = stepSchemas[word].safeParse(at).error!.issues;
    return problem({ ...inner!, path: [...path, ...inner!.path] }, source, id);
  }
  const name = [...path].reverse().find((part) => typeof part === 'string');
  const said = name === undefined ? '' : `${String(name)}: `;
  return scenarioError(
    id,
    source.place(path, issue.code === 'invalid_key'),
    `${said}${messageOf(issue, at)}`,
  );
}

/** The word that a step begins with; null for none that is known. */
function stepWord(step: unknown): keyof typeof stepSchemas | null {
  if (typeof step !== 'object' || step === null) return null;
  const words = Object.keys(stepSchemas) as (keyof typeof stepSchemas)[];
  return words.find((word) => Object.hasOwn(step, word)) ?? null;
}

/** What may stand in a place, by what a schema calls it. */
const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
};

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code !== 'custom') return 'it is missing';
  if (issue.code === 'invalid_key') return issue.issues[0]!.message;
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid'))
    return `write ${kinds[issue.expected] ?? 'names with their values'}`;
  if (issue.code === 'too_big' && issue.message.startsWith('Too')) return `at most ${issue.maximum}`;
  if (issue.code === 'too_small' && issue.message.startsWith('Too'))
    return issue.origin === 'string' ? 'it is empty' : `at least ${issue.minimum}`;
  if (issue.code === 'invalid_value') return `write ${issue.values.join(' or ')}`;
  return issue.message;
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null ? (part as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
