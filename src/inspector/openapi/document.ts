import * as z from 'zod';
import { version } from '../../core/version.ts';
import { type CommandId, commands } from '../../runtime/commands/index.ts';
import { onlySchema, shownArgs } from '../../runtime/describe.ts';
import { cookieName } from '../access.ts';
import { checkRun, exploration, report } from './check-results.ts';
import { attempt, body, delivery, detail, shownAttempt, summary } from './records.ts';
import { results } from './results.ts';
import { checkStatus, liveMessage, offlineStatus, status, tunnel, work } from './status.ts';

/** An OpenAPI 3.1 document, as far as its readers here look into it. */
export interface OpenApi {
  openapi: string;
  paths: Record<string, Partial<Record<'get' | 'post', Operation>>>;
  components: { schemas: Record<string, JsonSchema> };
}

export interface Operation {
  summary: string;
  parameters?: Parameter[];
  responses: Record<string, unknown>;
}

interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  description?: string | undefined;
  schema: JsonSchema;
}

export type JsonSchema = z.core.JSONSchema.BaseSchema;

type ShownCommand = keyof typeof results;

const shownCommands = (Object.keys(commands) as CommandId[]).filter(
  (id): id is ShownCommand => !('hidden' in commands[id]),
);

const error = z.object({
  error: z.object({
    code: z.string().describe('stable, e.g. arguments'),
    message: z.string().describe('what is wrong, and what to do'),
    exitCode: z.union([z.literal(1), z.literal(2), z.literal(3)]).describe('of the command line'),
  }),
});

const page = z.object({
  commands: z
    .array(
      z.object({
        ...{ id: z.string(), help: z.string(), example: z.string(), positional: z.array(z.string()) },
        flags: z.record(z.string(), z.object({ name: z.string(), kind: z.enum(['switch', 'one', 'many']) })),
      }),
    )
    .describe('as they are typed on the command line'),
  keys: z.record(z.string(), z.array(z.string())).describe('those that the user has set'),
});

/** `check-run` as `CheckRun`. */
const named = (id: string): string => id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
const argsOf = (id: CommandId): string => `${named(id)}Arguments`;
const resultOf = (id: CommandId): string => `${named(id)}Result`;

/** The parts of the document that have a name, and refer to each other by it. */
function schemas(): Record<string, JsonSchema> {
  const args = Object.fromEntries(shownCommands.map((id) => [argsOf(id), z.strictObject(shownArgs(id))]));
  const answers = {
    Error: error,
    Body: body,
    DeliverySummary: summary,
    Delivery: delivery,
    Attempt: attempt,
    ShownAttempt: shownAttempt,
    DeliveryDetail: detail,
    Tunnel: tunnel,
    Work: work,
    CheckStatus: checkStatus,
    CheckRun: checkRun,
    CheckReport: report,
    Exploration: exploration,
    Status: status,
    OfflineStatus: offlineStatus,
    LiveMessage: liveMessage,
    Page: page,
    // A copy where two are one schema: each has a name of its own.
    ...Object.fromEntries(shownCommands.map((id) => [resultOf(id), results[id].meta({})])),
  };
  return { ...toSchemas(args, 'input'), ...toSchemas(answers, 'output') };
}

function toSchemas(byName: Record<string, z.ZodType>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(byName)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => onlySchema(jsonSchema),
  }).schemas;
  return Object.fromEntries(
    Object.entries(made).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
  );
}

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } });

/** Why a request is not done, by its status. */
const problems = {
  400: ['BadRequest', 'The arguments are wrong.'],
  401: ['Unauthorized', 'Neither the token nor the cookie is there.'],
  403: ['Forbidden', 'It was called by a strange host name, or comes from a page of another origin.'],
  404: ['NotFound', 'There is no such delivery, attempt or answer.'],
  409: ['Conflict', 'It can not be done now; the message says why, and what to do.'],
  413: ['TooLarge', 'The arguments are over 20 MB.'],
  500: ['Bug', 'A bug in reducto-webhook-dev.'],
  503: ['Busy', 'The tool starts or ends, or too many requests are under way.'],
} as const;

type Problem = keyof typeof problems;

const answers = (description: string, content: object, ...more: Problem[]): Operation['responses'] => {
  const possible = [401, 403, 500, 503, ...more] as Problem[];
  const told = possible.map((code) => [code, { $ref: `#/components/responses/${problems[code][0]}` }]);
  return { 200: { description, ...content }, ...Object.fromEntries(told) };
};

const idParameter: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'its number, its id or the beginning of it, or "last"',
  schema: { type: 'string' },
};
const numberParameter: Parameter = {
  name: 'number',
  in: 'path',
  required: true,
  description: 'which attempt, from 1 up',
  schema: { type: 'integer', minimum: 1 },
};
const secretsParameter: Parameter = {
  name: 'secrets',
  in: 'query',
  description: 'leave secrets readable',
  schema: { type: 'boolean', default: false },
};

const bytes = {
  headers: { 'content-disposition': { description: 'always attachment', schema: { type: 'string' } } },
  content: { 'application/octet-stream': {} },
};

/** A command's arguments as a query has them. */
const queryOf = ({ properties = {} }: JsonSchema): Parameter[] =>
  Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as JsonSchema;
    return { name, in: 'query', description, schema: rest };
  });

/** Those of `export`, but for what is about a file of the tool's own. */
const exportParameters = ({
  properties: { id: _, file: __, force: ___, ...rest } = {},
}: JsonSchema): Parameter[] => [
  {
    name: 'id',
    in: 'query',
    description: 'numbers or ids with commas; all when absent',
    schema: { type: 'string' },
  },
  { name: 'file', in: 'query', description: 'how the file is to be called', schema: { type: 'string' } },
  ...queryOf({ properties: rest }),
];

/** Reading without a command. */
function readingPaths(argsOf: (id: 'list' | 'export') => JsonSchema): OpenApi['paths'] {
  const body = (text: string, parameters: Parameter[]): { get: Operation } => ({
    get: {
      summary: text,
      parameters: [...parameters, secretsParameter],
      responses: answers('The bytes.', bytes, 400, 404),
    },
  });
  const ofAttempt = [idParameter, numberParameter];
  return {
    '/api/deliveries': {
      get: {
        summary: commands.list.help,
        parameters: queryOf(argsOf('list')),
        responses: answers('A page of them.', json(ref(resultOf('list'))), 400),
      },
    },
    '/api/deliveries/{id}': {
      get: {
        summary: commands.show.help,
        parameters: [idParameter, secretsParameter],
        responses: answers('All that is known of it.', json(ref('DeliveryDetail')), 400, 404),
      },
    },
    '/api/export': {
      get: {
        summary:
          'Deliveries as a file that other tools, or import, can read; one that breaks off is not whole',
        parameters: exportParameters(argsOf('export')),
        responses: answers('The file.', bytes, 400, 404, 409),
      },
    },
    '/api/deliveries/{id}/body': body('The body of a delivery', [idParameter]),
    '/api/deliveries/{id}/attempts/{number}/request-body': body('The body that an attempt sent', ofAttempt),
    '/api/deliveries/{id}/attempts/{number}/body': body("The body of the app's answer", ofAttempt),
  };
}

/** What the tool says of itself. */
const toolPaths: OpenApi['paths'] = {
  '/api/status': {
    get: {
      summary: 'What the running tool says of itself',
      responses: answers('Its status.', json({ anyOf: [ref('Status'), ref('OfflineStatus')] })),
    },
  },
  '/api/page': {
    get: { summary: 'What a screen is made of', responses: answers('Keys and commands.', json(ref('Page'))) },
  },
  '/api/events': {
    get: {
      summary: 'A WebSocket of what happens; each message is a LiveMessage as JSON',
      parameters: [
        { name: 'epoch', in: 'query', description: 'of the last message', schema: { type: 'string' } },
        {
          name: 'after',
          in: 'query',
          description: 'the `last` of the last message: what came since is told',
          schema: { type: 'integer', minimum: 0 },
        },
        {
          name: 'rows',
          in: 'query',
          description: 'how many rows of deliveries that events name are told with them, up to 100',
          schema: { type: 'integer', minimum: 0 },
        },
      ],
      responses: {
        101: { description: 'The connection is a WebSocket now.' },
        ...Object.fromEntries(
          [401, 403, 404, 503].map((code) => [code, { description: 'Refused; there is no body.' }]),
        ),
      },
    },
  },
  '/api/openapi.json': {
    get: { summary: 'This document', responses: answers('OpenAPI 3.1.', json({ type: 'object' })) },
  },
};

const commandPath = (id: ShownCommand): OpenApi['paths'] => ({
  [`/api/commands/${id}`]: {
    post: {
      operationId: id,
      summary: commands[id].help,
      requestBody: json(ref(argsOf(id))),
      responses: answers('What it came to.', json(ref(resultOf(id))), 400, 409, 413),
    } as Operation,
  },
});

/**
 * The API as an OpenAPI 3.1 document, made from the command table and the types of what is answered.
 * @param port that it is served on
 */
export function openApi(port: number): OpenApi {
  const named = schemas();
  const responses = Object.values(problems).map(([name, description]) => [
    name,
    { description, ...json(ref('Error')) },
  ]);
  const document = {
    openapi: '3.1.1',
    info: {
      title: 'reducto-webhook-dev',
      version,
      description: 'The running tool: its deliveries, and every command of it.',
    },
    servers: [{ url: `http://127.0.0.1:${port}` }],
    security: [{ token: [] }, { cookie: [] }],
    paths: {
      ...toolPaths,
      ...readingPaths((id) => named[argsOf(id)]!),
      ...Object.assign({}, ...shownCommands.map(commandPath)),
    },
    components: {
      schemas: named,
      responses: Object.fromEntries(responses),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The `token` of listen.lock in the data directory, which only its user can read.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName(port),
          description: 'Set by the one-time link that the terminal shows; the name has the port.',
        },
      },
    },
  };
  return document;
}
