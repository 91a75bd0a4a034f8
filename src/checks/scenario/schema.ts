import * as z from 'zod';
import { apiFailures } from '../explore/schedule.ts';

// What a scenario file may say. Files are read by it, and the JSON Schema that editors complete from is made of it.

/** Deliveries that one step makes at the most, and runs that `repeat` may ask for. */
const most = 100;

/** A text of a form. @param error what to write */
const text = (form: RegExp, error: string) => z.string({ error }).regex(form, error);

const duration = text(/^\d+(\.\d+)?(ms|s|m|h)$/, 'write a duration, such as 500ms or 2s').describe(
  'such as 500ms or 2s',
);
const shareForm = /^\d{1,3}%$/;
const jobName = text(
  /^(?!(once|none)$)[A-Za-z][\w-]*$/,
  'write the name of a job: it begins with a letter, has letters, digits, - and _ only, and is not once or none',
);
const url = text(/^\S+$/, 'write a URL, such as http://localhost:3000/webhook');
const command = z.string().min(1);
const metadata = z
  .record(z.string(), z.unknown())
  .describe('what a delivery carries for your handler; $JOB_ID and $N in texts are another one for each job');
const several = <T extends z.ZodType>(each: T) => z.union([each, z.array(each).min(1)]);
const many = z.int().min(1).max(most);

const answers = 'write a status such as 200, 2xx or 4xx, or none for no answer';
const answer = z
  .union([z.int(answers).min(100, answers).max(599, answers), text(/^([1-5]xx|[1-5]\d\d|none)$/, answers)], {
    error: answers,
  })
  .describe('200, 2xx, 4xx …, or none: the connection broke');

const expectation = z
  .strictObject({
    answer: several(answer).describe('what the step before this one was answered, each time').optional(),
    effects: z
      .union([z.enum(['once', 'none']), jobName, z.array(jobName).min(1)], {
        error: 'write once, none, a job, or a list of jobs',
      })
      .describe(
        'once: each job that was delivered has had its effect, once; none; or the jobs that have had theirs. No others may have',
      )
      .optional(),
    verify: command
      .describe('a command of yours: exit code 0, it holds. It gets JOB_ID and JOB_IDS in its environment')
      .optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'say what is expected: answer, effects or verify')
  .meta({ minProperties: 1 });

const crashMoments = 'write fetch, answer, or a share of the usual time, such as 50%';

/** The steps that have something to say, each by the word that it begins with. */
export const stepSchemas = {
  deliver: z
    .strictObject({
      deliver: several(jobName).describe('the jobs whose webhooks are sent, one after another'),
      times: many.describe('how often (default: 1)').optional(),
      concurrent: z.boolean().describe('all of them at the same instant').optional(),
      faults: z
        .string()
        .min(1)
        .describe(
          'what is wrong with these requests, in the fault language: lost-ack (the answer never reaches the sender), wrong-secret, truncate=20 …',
        )
        .optional(),
    })
    .meta({ title: 'deliver', description: 'webhooks, as Reducto sends them' }),
  'hang-up': z
    .strictObject({
      'hang-up': jobName,
      at: text(shareForm, 'write a share of the usual time, such as 50%')
        .describe('when: a share of the usual time to the answer (default: 0%)')
        .optional(),
    })
    .meta({ title: 'hang-up', description: 'a webhook whose sender goes away before it has the answer' }),
  crash: z
    .strictObject({
      crash: jobName,
      at: z
        .union([z.enum(['fetch', 'answer']), text(shareForm, crashMoments)], { error: crashMoments })
        .describe(
          'when: as it fetches the job, after its answer, or at a share of the usual time to the effect',
        ),
    })
    .meta({
      title: 'crash',
      description: 'a webhook during which the app is killed; it is started again (needs start)',
    }),
  'fail-api': z
    .strictObject({
      'fail-api': jobName,
      answer: z.literal(apiFailures).describe('what they are answered; 404: the job is gone'),
      times: many.describe('how many fetches (default: 1)').optional(),
    })
    .meta({ title: 'fail-api', description: 'the next fetches of a job from the Reducto API fail' }),
  forge: z
    .strictObject({ forge: jobName })
    .meta({ title: 'forge', description: 'a webhook with a wrong secret or signature: a 2xx is a failure' }),
  wait: z
    .strictObject({ wait: duration })
    .meta({ title: 'wait', description: 'nothing happens for so long' }),
  expect: z
    .strictObject({ expect: expectation })
    .meta({ title: 'expect', description: 'what has to be so now' }),
} as const;

/** The steps that are one word. */
export const plainSteps = {
  restart: z.literal('restart').describe('the app is killed (SIGKILL) and started again (needs start)'),
  retry: z
    .literal('retry')
    .describe(
      'the sender makes the retries that are due: of each webhook of which it saw no 2xx, until one is',
    ),
} as const;

const step = z.union([...Object.values(plainSteps), ...Object.values(stepSchemas)]);

const job = z.strictObject({
  type: z.enum(['Parse', 'Extract', 'Split', 'Edit', 'Pipeline']).describe('default: Parse').optional(),
  status: z.enum(['Completed', 'Failed']).describe('how it has ended (default: Completed)').optional(),
  pages: z.int().min(1).max(1000).describe('of the document (default: 3)').optional(),
  metadata: metadata.optional(),
});

/** What is the same as flags of `scenario run`, which go before it. */
const settings = {
  endpoint: z
    .union([url, z.int().min(1).max(65_535)], {
      error: 'write a port, or a URL such as http://localhost:3000/webhook',
    })
    .describe('where the webhooks go')
    .optional(),
  effects: several(command)
    .describe("a command, or several, whose output is a snapshot of your app's state: rows, a count, JSON")
    .optional(),
  'effects-url': several(url).describe('the same over HTTP').optional(),
  'effects-ignore': several(z.string().min(1))
    .describe('a part of snapshots that is no effect: a regular expression')
    .optional(),
  'effect-time': duration.describe('time that an effect may take to appear (default: 5s)').optional(),
  quiet: duration.describe('time without a change that counts as quiet (default: found out)').optional(),
  start: command.describe('starts your app, which is then killed too').optional(),
  ready: url.describe('answers once your app takes requests (default: the root of endpoint)').optional(),
  prepare: command.describe('makes your app know a job ($JOB_ID, $N) before its webhook comes').optional(),
  reset: command.describe("puts your app's state back before the steps begin").optional(),
  timeout: duration.describe('time that the app has for an answer (default: 15s)').optional(),
  metadata: metadata.optional(),
} as const;

/** A scenario as a file has it. */
export const scenarioFile = z.strictObject({
  name: z.string().min(1).describe('what happens, in a few words'),
  ...settings,
  repeat: many.describe('how often all of it is made, each time with new jobs (default: 1)').optional(),
  jobs: z
    .record(jobName, job)
    .describe('the jobs by their names; when it is left out, every name is a plain job')
    .optional(),
  steps: z.array(step).min(1).describe('what happens, in this order'),
});

export type ScenarioFile = z.output<typeof scenarioFile>;
/** Its settings, by the names that they have as flags. */
export type ScenarioSettings = Pick<ScenarioFile, keyof typeof settings>;

export const settingNames = Object.keys(settings) as (keyof ScenarioSettings)[];

/** Words that may stand where a place in a scenario is. */
export function wordsAt(path: readonly PropertyKey[], word: string | null): readonly string[] {
  const [part, , inner] = path;
  if (part === undefined) return Object.keys(scenarioFile.shape);
  if (part === 'jobs') return Object.keys(job.shape);
  if (inner === 'expect') return Object.keys(expectation.shape);
  return word !== null && word in stepSchemas
    ? Object.keys(stepSchemas[word as keyof typeof stepSchemas].shape)
    : [...Object.keys(plainSteps), ...Object.keys(stepSchemas)];
}

/** The schema for editors (draft 7, which all of them know). */
export const scenarioJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(scenarioFile, { target: 'draft-7', io: 'input' }),
  title: 'A scenario of reducto-webhook-dev',
  description: 'Deliveries, faults, waits and expectations: reducto-webhook-dev scenario run FILE',
});
