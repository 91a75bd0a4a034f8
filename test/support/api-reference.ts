import type { JsonSchema, OpenApi, Operation } from '../../src/inspector/openapi/document.ts';

/** The API's document as Markdown: its paths, and each command with its arguments and what it gives. */
export function apiReference({ paths, components: { schemas } }: OpenApi, table: Table): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
  const reading = rows.filter(({ method }) => method === 'get');
  return [
    table(
      ['Path', 'What it gives', 'Query'],
      reading.map(({ path, operation: { summary, parameters = [] } }) => [
        `\`GET ${path}\``,
        summary,
        parameters.flatMap(({ name, in: place }) => (place === 'query' ? [`\`${name}\``] : [])).join(', '),
      ]),
    ),
    ...rows
      .filter(({ method }) => method === 'post')
      .map(({ path, operation }) => {
        const { args, result } = schemasOf(operation, schemas);
        const parts = [
          `### \`POST ${path}\``,
          `${operation.summary}.`,
          argumentTable(args, table),
          `Gives ${fieldsOf(result, schemas)}.`,
        ];
        return parts.filter((part) => part !== '').join('\n\n');
      }),
  ].join('\n\n');
}

type Table = (head: string[], rows: string[][]) => string;
type Schemas = OpenApi['components']['schemas'];
interface Content {
  content: { 'application/json': { schema: { $ref: string } } };
}

const named = (ref: string, schemas: Schemas): JsonSchema => schemas[ref.split('/').at(-1)!]!;

function schemasOf(operation: Operation, schemas: Schemas): { args: JsonSchema; result: JsonSchema } {
  const { requestBody, responses } = operation as Operation & { requestBody: Content };
  const of = ({ content }: Content): JsonSchema => named(content['application/json'].schema.$ref, schemas);
  return { args: of(requestBody), result: of(responses[200] as Content) };
}

function argumentTable({ properties = {}, required = [] }: JsonSchema, table: Table): string {
  const rows = Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) => [
    `\`${name}\`${required.includes(name) ? ' (needed)' : ''}`,
    typeOf(schema),
    schema.description ?? '',
  ]);
  return rows.length === 0 ? '' : table(['Argument', 'Type', 'What it is'], rows);
}

/** What a value may be, in a few words: `integer`, `string or string[]`, `"har" or "ndjson"`. */
function typeOf({ type, anyOf, enum: values, items }: JsonSchema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(' or ');
  if (anyOf) return (anyOf as JsonSchema[]).map(typeOf).join(' or ');
  if (type === 'array') return `${typeOf(items as JsonSchema)}[]`;
  return [type].flat().join(' or ');
}

/** The names of what an answer holds. */
function fieldsOf(schema: JsonSchema, schemas: Schemas): string {
  if (schema.$ref) return fieldsOf(named(schema.$ref, schemas), schemas);
  if (schema.anyOf)
    return (schema.anyOf as JsonSchema[]).map((each) => fieldsOf(each, schemas)).join('; or ');
  return Object.keys(schema.properties ?? {})
    .map((name) => `\`${name}\``)
    .join(', ');
}
