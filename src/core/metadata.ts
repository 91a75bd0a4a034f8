import { messageOf, usageError } from './errors.ts';
import { compactJson, JsonText, membersOf, objectText } from './json.ts';

/**
 * Job metadata as flags give it: `k=v` is text, `k:=v` is JSON, and what begins with `{` is an object of its own
 * whose members are added. Numbers and the order of keys stay as they were written.
 * @param secret becomes the member `secret`
 * @returns undefined when there is none
 * @throws UserError that says which pair can't be read
 */
export function parseMetadata(pairs: readonly string[], secret: string | undefined): JsonText | undefined {
  const members = pairs.flatMap(parsePair);
  if (secret !== undefined) members.push(['secret', JSON.stringify(secret)]);
  return members.length === 0 ? undefined : new JsonText(objectText(members));
}

/** The members of what {@link parseMetadata} gave, by name. */
export const metadataMembers = (metadata: JsonText | undefined): Record<string, JsonText> =>
  Object.fromEntries(
    membersOf(metadata?.text ?? '{}').map(([name, json]) => [name, new JsonText(json)] as const),
  );

function parsePair(pair: string): [name: string, json: string][] {
  if (pair.startsWith('{')) return membersOf(checked(pair, `"${pair}"`));
  const [, name, json, value] = /^([^=:]+)(:?)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined)
    throw usageError('metadata', `--metadata: "${pair}" is not KEY=VALUE: write for example user_id=123.`);
  if (json !== ':') return [[name, JSON.stringify(value)]];
  return [[name, compactJson(checked(value!, `what follows "${name}:="`, `write ${name}=… for text`))]];
}

/** @throws UserError when `text` is not JSON */
function checked(text: string, what: string, advice?: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw usageError('metadata', `--metadata: ${what} is not JSON: ${advice ?? messageOf(error)}.`);
  }
}
