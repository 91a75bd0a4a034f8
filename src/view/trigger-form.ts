import { printJson } from '../core/json.ts';
import { parseMetadata } from '../core/metadata.ts';
import { triggerEvents } from '../core/trigger-events.ts';
import {
  choice,
  endpointErrors,
  endpointField,
  faultField,
  given,
  number,
  problemWith,
  splitWords,
  text,
} from './fields.ts';
import type { Values } from './form.ts';
import type { FormDefinition } from './form-definition.ts';
import { task } from './task.ts';
import { triggerTold } from './told.ts';

/** The choice of a body that the user writes, beside the events. */
const own = 'own';
const isOwn = ({ event }: Values): boolean => event === own;

/** Makes deliveries as Reducto or Svix would send them, or with a body of the user's own. */
export const triggerForm: FormDefinition = {
  title: 'New delivery',
  verb: 'send',
  fields: () => [
    choice('event', 'event', 'what happened to the job', [
      ...Object.keys(triggerEvents).map((event) => [event, event] as const),
      [own, 'a body of your own'],
    ]),
    {
      ...text('body', 'body', 'sent as it is, whatever it is', undefined, (body) =>
        body === '' ? 'a body is needed, such as {"status":"Completed","job_id":"1"}' : null,
      ),
      ...{ when: isOwn, long: true },
    },
    { ...text('jobId', 'job', 'its id', 'a new one for each'), when: (values) => !isOwn(values) },
    {
      ...text(
        'metadata',
        'metadata',
        'user_id=7 is text, pages:=3 is JSON; or a JSON object',
        'none',
        metadataProblem,
      ),
      when: (values) => !isOwn(values),
    },
    {
      ...text('secret', 'secret', 'metadata.secret, by which the app knows its sender', 'none'),
      when: (values) => !isOwn(values),
    },
    choice('signature', 'signature', 'svix: with the headers svix-id, svix-timestamp and svix-signature', [
      ['none', 'none, as Reducto sends directly'],
      ['svix', 'signed, as Svix sends'],
    ]),
    {
      ...text('svixSecret', 'svix secret', 'signed with it: whsec_…', "listen's own"),
      when: ({ signature }) => signature === 'svix',
    },
    number('count', 'count', 1, 'how many', 100_000),
    {
      ...number('rate', 'a second', 0, 'so many are made each second'),
      ...{ value: '', empty: 'one after another', min: 0.001, whole: false },
    },
    { ...text('path', 'path', 'of the request, for an endpoint that keeps it', '/'), value: '/' },
    faultField('what to do wrong on purpose on the way to the app, such as duplicate=2,concurrent', 'none'),
    endpointField,
  ],
  preview: (values) => (isOwn(values) ? '' : bodyText(values)),
  errors: {
    ...endpointErrors,
    ...{ event: 'event', metadata: 'metadata', svix: 'svixSecret', 'svix-secret': 'svixSecret' },
    fault: 'fault',
  },
  tasks: (values) => {
    const what = values.count === '1' ? 'a delivery' : `${values.count} deliveries`;
    return [
      task({
        command: 'trigger',
        args: {
          ...(isOwn(values)
            ? { body: String(values.body) }
            : {
                ...given(values, ['event', 'jobId', 'secret']),
                metadata: metadataPairs(String(values.metadata)),
              }),
          ...(values.signature === 'svix' ? { svix: true, ...given(values, ['svixSecret']) } : {}),
          ...given(values, ['count', 'rate', 'path', 'to', 'fault']),
        },
        running: `making ${what} …`,
        work: true,
        done: (result) => triggerTold(what, result),
      }),
    ];
  },
};

/** Metadata as a line: an object, or pairs between spaces, where quotes hold a text together. */
const metadataPairs = (line: string): string[] =>
  line.startsWith('{')
    ? [line]
    : splitWords(line).map((word) => word.replace(/^([^=:]+=)"((?:[^"\\]|\\.)*)"$/, '$1$2'));

const metadataProblem = (line: string): string | null =>
  problemWith(() => parseMetadata(metadataPairs(line), undefined))?.replace(/^--metadata: /, '') ?? null;

/** The body as it would be sent; empty while the metadata can't be read. */
function bodyText({ event, jobId, metadata, secret }: Values): string {
  const line = String(metadata);
  if (metadataProblem(line) !== null) return '';
  const whole = parseMetadata(metadataPairs(line), secret === '' ? undefined : String(secret)) ?? null;
  const { status } = triggerEvents[String(event)]!;
  return printJson({ status, job_id: jobId === '' ? '…' : jobId, metadata: whole });
}
