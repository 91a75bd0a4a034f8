import * as z from 'zod';
import { UserError, usageError } from '../core/errors.ts';
import { retrySchedule } from '../core/retry-schedule.ts';
import { parseDuration, parseSize } from '../core/units.ts';
import { version } from '../core/version.ts';
import { EmulatorFaults } from './faults.ts';

/** One setting of the emulator: a row whence flag, config key and help come. */
export interface EmulatorSetting<T = unknown> {
  /** Takes what was written: text from a command line, JSON from a file. */
  schema: z.ZodType<T>;
  /** As one would write it. */
  default: string;
  help: string;
  /** Whether the default stands for something that no official source states. */
  assumed: boolean;
}

/** A span of whole numbers, both ends included. */
export interface Range {
  least: number;
  most: number;
}

const reading = <T>(parse: (text: string) => T | null, expected: string): z.ZodType<T> =>
  z.union([z.string(), z.number(), z.boolean()]).transform((value, context) => {
    const parsed = parse(String(value).trim());
    if (parsed === null) context.addIssue(`"${value}" is not ${expected}`);
    return parsed as T;
  });

/** Lets a parser that throws a UserError speak for a setting; its text is kept. */
const checkedBy = (parse: (text: string) => unknown): z.ZodType<string> =>
  z.string().transform((text, context) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.addIssue(error.message);
    }
    return text;
  });

const duration = reading(parseDuration, 'a duration such as 500ms or 2s');
const size = reading(parseSize, 'a size such as 1mb');
const text = z.string();
const onOff = reading((word) => (word === 'true' ? true : word === 'false' ? false : null), 'true or false');
const status = reading(
  (word) => (/^[2-5]\d\d$/.test(word) ? Number(word) : null),
  'a status from 200 to 599',
);
const factor = reading((word) => (Number(word) > 0 ? Number(word) : null), 'a number above 0');

const percent = reading((word) => {
  const number = /^\d{1,3}(\.\d+)?%?$/.test(word) ? Number(word.replace('%', '')) : Number.NaN;
  return number <= 100 ? number / 100 : null;
}, 'a percentage such as 10%');

/** `200ms-3s`, `0-500ms` (the unit of the second holds for both) or a single value. */
const range = (parse: (word: string) => number | null, expected: string): z.ZodType<Range> =>
  reading((word) => {
    const [from = '', to = from, ...rest] = word.split('-');
    const unit = /[a-z]+$/i.exec(to)?.[0] ?? '';
    const least = parse(/[a-z]$/i.test(from) ? from : from + unit);
    const most = parse(to);
    return least === null || most === null || least > most || rest.length > 0 ? null : { least, most };
  }, expected);

const pageCount = (word: string): number | null =>
  /^[1-9]\d{0,3}$/.test(word) && Number(word) <= 2000 ? Number(word) : null;

/** Statuses of a job that has not ended. */
const running = ['Pending', 'Idle', 'InProgress', 'Completing'] as const;
type Running = (typeof running)[number];

const statuses = reading<readonly Running[]>(
  (word) => {
    const list = word.split(',').map((each) => running.find((known) => known === each.trim()));
    return list.some((each) => each === undefined) ? null : (list as Running[]);
  },
  `a list of ${running.join(', ')}`,
);

/** The settings of the emulator. Everything that no source states is a row with `assumed`. */
export const emulatorSettings = {
  apiKey: {
    schema: text,
    default: '',
    help: 'the only API key that is taken; any key when empty',
    assumed: false,
  },
  jobTime: {
    schema: range(parseDuration, 'a time such as 200ms-3s'),
    default: '200ms-3s',
    help: 'how long a job is processed, drawn for each',
    assumed: false,
  },
  jobTtl: {
    schema: duration,
    default: '12h',
    help: 'a job is known so long after its end (12h is documented; that it counts from the end is assumed)',
    assumed: false,
  },
  pages: {
    schema: range(pageCount, 'a number of pages from 1 to 2000, such as 1-3'),
    default: '1-3',
    help: 'pages of a document whose real number is not known',
    assumed: false,
  },
  failRate: { schema: percent, default: '0%', help: 'so many of the jobs fail', assumed: false },
  failMarker: {
    schema: text,
    default: 'emulate-fail',
    help: 'a job fails when its input (URL, file name) or its metadata contains this text; never when empty',
    assumed: false,
  },
  urlResultAbove: {
    schema: size,
    default: '1mb',
    help: 'a parse result over this size is given as a URL (as settings.force_url_result does always)',
    assumed: true,
  },
  maxUpload: { schema: size, default: '100mb', help: 'largest file that /upload takes', assumed: false },
  processingStatuses: {
    schema: statuses,
    default: 'Pending',
    help: 'statuses that a job shows while it is processed, one after another; the docs disagree',
    assumed: true,
  },
  absentMetadata: {
    schema: z.enum(['null', 'absent', 'empty']),
    default: 'null',
    help: 'metadata of a webhook when the job had none: null, absent or empty ({})',
    assumed: true,
  },
  cancelledStatus: {
    schema: z.enum(['Failed', 'Cancelled']),
    default: 'Failed',
    help: 'status of a cancelled job in /job/{id}, whose schema has no Cancelled (/jobs has)',
    assumed: true,
  },
  cancelledWebhook: {
    schema: z.enum(['none', 'Failed']),
    default: 'none',
    help: 'whether a cancelled job sends a webhook',
    assumed: true,
  },
  cancelAnswer: {
    schema: z.enum(['null', 'empty']),
    default: 'null',
    help: 'body of the answer to /cancel: null or empty ({})',
    assumed: true,
  },
  cancelFinishedStatus: {
    schema: status,
    default: '200',
    help: 'status of the answer to /cancel of a job that has ended',
    assumed: true,
  },
  unknownJobStatus: {
    schema: status,
    default: '404',
    help: 'status for a job id that is unknown or expired',
    assumed: true,
  },
  unknownFile: {
    schema: z.enum(['fail', 'accept']),
    default: 'fail',
    help: 'a job whose reducto:// or jobid:// input does not exist fails, or is taken as it is',
    assumed: true,
  },
  syncFailureStatus: {
    schema: status,
    default: '400',
    help: 'status when a job fails that was submitted without _async',
    assumed: true,
  },
  errorBody: {
    schema: z.enum(['detail', 'envelope']),
    default: 'detail',
    help: 'other errors than 422: {"detail":"…"}, or {"error":{"message","type","code"}} as one docs page has it',
    assumed: true,
  },
  apiVersion: { schema: text, default: '1.11.57', help: 'answer to /version', assumed: true },
  userAgent: {
    schema: z.string().regex(/^[\x20-\x7e]+$/, 'printable ASCII only'),
    default: `reducto-webhook-dev/${version} (emulator)`,
    help: 'user-agent of direct and Svix webhooks',
    assumed: true,
  },
  directRetry: {
    schema: checkedBy((schedule) => retrySchedule(schedule)),
    default: 'reducto-direct',
    help: 'when a direct webhook is tried again ("up to 3 times with exponential backoff"): a schedule, or 1s,5s',
    assumed: true,
  },
  retryBase: { schema: duration, default: '1s', help: 'first pause of reducto-direct', assumed: true },
  retryFactor: {
    schema: factor,
    default: '2',
    help: 'by which each further pause of reducto-direct is longer',
    assumed: true,
  },
  directTimeout: {
    schema: duration,
    default: '30s',
    help: 'time that a handler has to answer a direct webhook',
    assumed: true,
  },
  retry4xx: {
    schema: onOff,
    default: 'true',
    help: 'whether a direct webhook that was answered 4xx is tried again',
    assumed: true,
  },
  svixRetry: {
    schema: checkedBy((schedule) => retrySchedule(schedule)),
    default: 'svix',
    help: 'when a Svix webhook is tried again',
    assumed: false,
  },
  svixTimeout: {
    schema: duration,
    default: '15s',
    help: 'time that a handler has to answer a Svix webhook',
    assumed: false,
  },
  svixHeaders: {
    schema: z.enum(['svix', 'webhook']),
    default: 'svix',
    help: 'prefix of the signature headers',
    assumed: true,
  },
  retrySpeed: {
    schema: factor,
    default: '1',
    help: 'retry schedules run so many times faster',
    assumed: false,
  },
  fault: {
    schema: checkedBy((faults) => EmulatorFaults.parse(faults, 1)),
    default: '',
    help: 'what the API does wrong on purpose, as in 429:20% 5xx:3 delay=0-500ms or "GET /job:404:1"',
    assumed: false,
  },
  retryAfter: {
    schema: duration,
    default: '1s',
    help: 'retry-after of a 429 or 503 that was asked for',
    assumed: true,
  },
  seed: {
    schema: reading((word) => (/^\d{1,9}$/.test(word) ? Number(word) : null), 'a whole number'),
    default: '1',
    help: 'seed of everything that is drawn; the same requests in the same order get the same',
    assumed: false,
  },
} as const satisfies Record<string, EmulatorSetting>;

export type EmulatorSettingName = keyof typeof emulatorSettings;
/** Every setting with its value. Durations are ms, sizes bytes, rates from 0 to 1. */
export type EmulatorSettings = {
  readonly [K in EmulatorSettingName]: z.output<(typeof emulatorSettings)[K]['schema']>;
};

/**
 * Reads the settings that were given, as text or JSON, and puts the defaults in place of the others.
 * @throws UserError that names the setting
 */
export function parseEmulatorSettings(given: Readonly<Record<string, unknown>> = {}): EmulatorSettings {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(emulatorSettings, name))
      throw usageError('setting', `The emulator has no setting "${name}".`);
  const parsed = Object.entries(emulatorSettings).map(([name, setting]) => {
    const result = setting.schema.safeParse(given[name] ?? setting.default);
    if (!result.success) throw usageError('setting', `${name}: ${result.error.issues[0]!.message}`);
    return [name, result.data];
  });
  return Object.fromEntries(parsed);
}
