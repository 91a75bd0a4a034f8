import { usageError } from '../../core/errors.ts';
import { JsonText, membersOf, objectText, printJson } from '../../core/json.ts';
import type { JobType } from '../../core/trigger-events.ts';

type Json = Record<string, unknown>;

/** Where the webhook of a job goes: a URL, or Svix, with the channels it is limited to (all when null). */
export type WebhookGoal = { mode: 'direct'; url: string } | { mode: 'svix'; channels: string[] | null };

/** What a job is submitted with, apart from its webhook. */
export interface JobRequest {
  type: JobType;
  /** A URL of any kind: https://, reducto://, jobid://. */
  input: string;
  /** A JSON schema, for extract. */
  schema?: JsonText;
  /** What to do, in words: for extract, split and edit. */
  instructions?: string | undefined;
  /** The sections to find, for split. */
  split?: JsonText;
  pipelineId?: string | undefined;
  priority?: boolean | undefined;
  metadata: unknown;
  /** An object that is merged into the body: what the other fields have no word for. */
  options?: JsonText;
}

/** One type of job: where it is submitted, and how its body is made. */
interface JobKind {
  path: string;
  /** The body without the webhook. @throws UserError when something is missing */
  body(request: JobRequest, options: Json): Json;
  /** Whether webhook, metadata and priority are flat, as edit has them, or under `async`. */
  flat: boolean;
}

/** The types of jobs that Reducto reports on, by the word that `--type` takes. */
const kinds: Record<JobType, JobKind> = {
  parse: { path: '/parse_async', flat: false, body: ({ input }) => ({ input }) },
  extract: {
    path: '/extract_async',
    flat: false,
    body({ input, schema, instructions }, options) {
      if (schema === undefined && instructions === undefined && options.instructions === undefined)
        throw missing('extract', '--schema FILE (a JSON schema) or --instructions TEXT');
      const asked = defined({ schema, system_prompt: instructions });
      return { input, ...(Object.keys(asked).length === 0 ? {} : { instructions: asked }) };
    },
  },
  split: {
    path: '/split_async',
    flat: false,
    body({ input, split, instructions }, options) {
      if (split === undefined && options.split_description === undefined)
        throw missing('split', '--split FILE, a JSON list of {"name", "description"}');
      return { input, ...defined({ split_description: split, split_rules: instructions }) };
    },
  },
  pipeline: {
    path: '/pipeline_async',
    flat: false,
    body({ input, pipelineId }, options) {
      if (pipelineId === undefined && options.pipeline_id === undefined)
        throw missing('pipeline', '--pipeline-id ID');
      return { input, ...defined({ pipeline_id: pipelineId }) };
    },
  },
  edit: {
    path: '/edit_async',
    flat: true,
    body({ input, instructions }, options) {
      if (instructions === undefined && options.edit_instructions === undefined)
        throw missing('edit', '--instructions TEXT');
      return { document_url: input, ...defined({ edit_instructions: instructions }) };
    },
  },
};

/**
 * A submission as the official SDKs send it: same keys in the same order.
 * @returns the path below the base URL, and the body
 * @throws UserError when the type needs something that was not given, or was given what it has no use for
 */
export function makeSubmission(request: JobRequest, goal: WebhookGoal): { path: string; body: JsonText } {
  refuseUseless(request);
  const { path, body, flat } = kinds[request.type];
  const webhook =
    goal.mode === 'direct'
      ? { mode: goal.mode, url: goal.url }
      : { mode: goal.mode, ...(goal.channels === null ? {} : { channels: goal.channels }) };
  const { metadata, options = new JsonText('{}') } = request;
  const priority = defined({ priority: request.priority });
  const delivery = flat
    ? { webhook: { ...webhook, ...defined({ metadata }) }, ...priority }
    : { async: { webhook, ...defined({ metadata }), ...priority } };
  const own = printJson({ ...body(request, JSON.parse(options.text)), ...delivery });
  return { path, body: new JsonText(merged(own, options.text)) };
}

/** Checks a submission before a tunnel is waited for or a file is uploaded. @throws UserError */
export const checkSubmission = (request: JobRequest): void => {
  makeSubmission(request, { mode: 'svix', channels: null });
};

/** What only some types have a use for: the others would drop it without a word. */
const uses: [keyof JobRequest, string, JobType[]][] = [
  ['schema', '--schema', ['extract']],
  ['instructions', '--instructions', ['extract', 'split', 'edit']],
  ['split', '--split', ['split']],
  ['pipelineId', '--pipeline-id', ['pipeline']],
];

function refuseUseless(request: JobRequest): void {
  for (const [key, flag, types] of uses)
    if (request[key] !== undefined && !types.includes(request.type))
      throw usageError(
        'type',
        `${flag} is for ${types.join(', ')}, not for ${request.type}: set --type, or leave it away.`,
      );
}

const missing = (type: JobType, what: string) => usageError('type', `--type ${type} needs ${what}.`);

const defined = (values: Json): Json =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Objects are merged, everything else is replaced; both are JSON text. */
function merged(base: string, extra: string): string {
  const members = new Map(membersOf(base));
  for (const [name, json] of membersOf(extra)) {
    const there = members.get(name);
    members.set(name, there?.startsWith('{') && json.startsWith('{') ? merged(there, json) : json);
  }
  return objectText([...members]);
}
