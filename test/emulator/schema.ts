import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

interface Published {
  operations: Record<string, { response: object; request?: object }>;
  components: object;
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/reducto/${name}`, import.meta.url), 'utf8'));

const published = read<Published>('schema.json');
// The schema says "oneOf" for /extract, but a result that carries a job_id (as the schema allows) is a job's answer
// too: taken literally no such result could be valid.
const extract = published.operations['POST /extract']!;
extract.response = { anyOf: (extract.response as { oneOf: object[] }).oneOf };

// OpenAPI 3.1 is JSON Schema 2020-12; strict mode would refuse its own annotations (`discriminator` …).
const ajv = new Ajv2020({ strict: false, allErrors: true });
// The types are CommonJS ones, whose default export TypeScript takes for the module.
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema({ $id: 'https://reducto/', ...published });

const pointer = (operation: string, part: 'response' | 'request'): string =>
  `https://reducto/#/operations/${operation.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll(' ', '%20').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${part}`;

/** Asserts that a value obeys the published schema of an operation's 200 answer, as in `GET /job/{job_id}`. */
export function expectPublished(operation: string, value: unknown): void {
  check(pointer(operation, 'response'), value);
}

/** Asserts that a value obeys a component of the published schema. */
export function expectComponent(name: string, value: unknown): void {
  check(`https://reducto/#/components/schemas/${name}`, value);
}

/** Whether a body obeys the published schema of an operation's request. */
export const isPublishedRequest = (operation: string, body: unknown): boolean =>
  ajv.getSchema(pointer(operation, 'request'))!(body) as boolean;

function check(ref: string, value: unknown): void {
  const validate = ajv.getSchema(ref);
  if (!validate) throw new Error(`The published schema has no ${ref}`);
  expect([validate(value), validate.errors ?? []]).toEqual([true, []]);
}

/** A request as an official SDK sent it. */
export interface RecordedRequest {
  sdk: 'node' | 'python';
  label: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export const recordedRequests = read<{ requests: RecordedRequest[] }>('requests.json').requests;
