import { fileURLToPath } from 'node:url';
import type { CheckOptions } from '../../../src/checks/index.ts';
import { quote } from '../../../src/core/curl.ts';

/** A handler with known faults, and what a run of all checks has to find. */
export interface Animal {
  /** The program's name in handlers/. */
  name: string;
  /** `secret`: metadata.secret is compared; `svix`: signatures are verified; `none`: anybody is let in. */
  guard: 'secret' | 'svix' | 'none';
  /** Whether it is right: no check may fail, not once in fifty runs. */
  correct?: true;
  /** Whether it knows only jobs whose ids are in its file of submitted ones. */
  knowsJobs?: true;
  /** Job metadata of every delivery. */
  metadata?: Readonly<Record<string, unknown>>;
  /** ms that the app has for its answer, where the usual time is too long to wait for. */
  timeoutMs?: number;
  /** Checks that are left out as they would only say in a minute what others have said. */
  skip?: readonly string[];
  /** Whether a short run takes all checks of it, too: those that take long are what it is for. */
  whole?: true;
  /** Ids of exactly those checks that must fail, warnings included. */
  fails: readonly string[];
  /** Why these, thought out before any check was run. */
  because: string;
}

/** Checks in which something comes again after its effect, one after another. */
const again = [
  'duplicate-sequential',
  'late-duplicate',
  'retry-after-lost-ack',
  'retry-after-timeout',
  'failed-again',
  'restart-between-duplicates',
];

/** Checks whose metadata has no secret in it, for whatever reason. */
const withoutSecret = ['metadata-absent', 'metadata-null', 'metadata-array'];

/** Checks that take longer than all others together. */
const long = ['burst', 'crash-midway', 'late-duplicate'];
/** What most faults would show in, were they others. */
const telling = [
  'duplicate-*',
  'retry-*',
  'failed-*',
  'wrong-secret',
  'malformed-json',
  'crash-after-answer',
];

/** `npm run test:all`: every check of every handler; else those that tell a handler from others. */
const inFull = process.env.TEST_ALL === '1';

/** The checks that a run makes of a handler. */
export function chosen({ skip = [], whole, correct, fails }: Animal): Pick<CheckOptions, 'only' | 'skip'> {
  if (inFull || whole) return { skip };
  const slow = long.filter((id) => !fails.includes(id));
  return { skip: [...skip, ...slow], ...(correct ? {} : { only: [...telling, ...fails] }) };
}

/** All of them. */
export const zoo: readonly Animal[] = [
  {
    name: 'correct-express-sqlite',
    guard: 'secret',
    correct: true,
    whole: true,
    fails: [],
    because: 'claim, result and mark are one transaction under a unique key',
  },
  {
    name: 'correct-flask-sqlite',
    guard: 'secret',
    correct: true,
    fails: [],
    because: 'the same in Python, with a thread for each request',
  },
  {
    name: 'correct-svix',
    guard: 'svix',
    correct: true,
    fails: [],
    because: 'verifies raw bytes, keyed by the job',
  },
  {
    name: 'correct-busy-409',
    guard: 'secret',
    correct: true,
    whole: true,
    fails: [],
    because:
      'a copy that is turned away while the job is worked on comes again and is then a known duplicate',
  },
  {
    name: 'correct-inbox',
    guard: 'secret',
    correct: true,
    whole: true,
    fails: [],
    because: 'what is answered 200 is kept before, and worked on until it is done',
  },
  {
    name: 'correct-document-422',
    guard: 'svix',
    metadata: { document_id: '$JOB_ID' },
    correct: true,
    fails: [],
    because: 'a refusal that is final does no harm where there is nothing to be done',
  },
  {
    name: 'not-idempotent',
    guard: 'secret',
    fails: [...again, 'duplicate-concurrent', 'crash-midway'],
    because:
      'everything that comes again after its effect has it again; what fails before the effect is fine',
  },
  {
    name: 'check-then-act',
    guard: 'secret',
    fails: ['duplicate-concurrent'],
    because: 'only copies that overlap get between looking and writing',
  },
  {
    name: 'memory-only',
    guard: 'secret',
    fails: ['restart-between-duplicates', 'crash-midway'],
    because: 'it forgets at a restart what it has done, and nothing else',
  },
  {
    name: 'key-before-work',
    guard: 'secret',
    fails: ['retry-after-5xx', 'get-job-flaky', 'crash-during-fetch', 'crash-midway'],
    because: 'work that fails or is cut off after the key was kept is never done',
  },
  {
    name: 'torn-when-warm',
    guard: 'secret',
    fails: ['crash-midway'],
    because: 'only a kill in the 60 ms between row and mark tears them apart, once it is warm',
  },
  {
    name: 'chunk-by-chunk',
    guard: 'secret',
    fails: ['crash-midway'],
    because: 'only a kill between the first chunk and the last loses some: the retry finds the first',
  },
  {
    name: 'worker-torn',
    guard: 'secret',
    fails: ['crash-after-answer'],
    because: 'only a kill in the 25 ms between row and mark, behind the answer, has the row kept again',
  },
  {
    name: 'early-200-then-lost',
    guard: 'secret',
    fails: ['get-job-flaky', 'crash-during-fetch', 'crash-after-answer'],
    because: 'nobody comes again after the early 200; before it, nothing is lost',
  },
  {
    name: 'worker-overtakes-answer',
    guard: 'secret',
    fails: ['crash-during-fetch', 'crash-after-answer'],
    because: 'what is in memory at a kill behind the answer is lost; before it, the retry brings it back',
  },
  {
    name: 'remembers-12-s',
    guard: 'secret',
    fails: ['late-duplicate'],
    because: 'ids outlive restarts and any number of others, but not the time that Svix waits for an answer',
  },
  {
    name: 'remembers-3-starts',
    guard: 'secret',
    whole: true,
    fails: ['late-duplicate'],
    because: 'one restart is survived; all those of a run are not, so that the first job is new at its end',
  },
  {
    name: 'always-200',
    guard: 'secret',
    fails: ['get-job-flaky', 'malformed-json', 'empty-body', 'wrong-content-type'],
    because: 'failures are answered 200 and so not retried; nonsense is not answered 4xx',
  },
  {
    name: 'no-secret-check',
    guard: 'secret',
    fails: ['wrong-secret', 'missing-secret', ...withoutSecret],
    because: 'all of them have an effect and are answered 200',
  },
  {
    name: 'secret-after-effect',
    guard: 'secret',
    fails: ['wrong-secret', 'missing-secret', ...withoutSecret],
    because: 'all are answered 401, but have had their effect by then',
  },
  {
    name: 'bad-secret-500',
    guard: 'secret',
    fails: ['wrong-secret', 'missing-secret', ...withoutSecret],
    because: 'all of these are answered 500, which makes the sender come again',
  },
  {
    name: 'ignores-failed',
    guard: 'secret',
    fails: ['failed-status'],
    because: 'a failed job has no effect',
  },
  {
    name: 'lowercase-failed',
    guard: 'secret',
    fails: ['failed-status', 'status-case'],
    because: '"Failed" is an unknown status to it, so a failed job has no effect',
  },
  {
    name: 'lowercase-completed',
    guard: 'secret',
    fails: ['once', 'status-case'],
    because:
      'no delivery as Reducto makes them has an effect, but one in lower case has; so nothing else can be judged',
  },
  {
    name: 'crashes-on-null-metadata',
    guard: 'none',
    fails: ['metadata-absent', 'metadata-null'],
    because: 'a property of null or undefined is a TypeError, answered 500; one of an array is not',
  },
  {
    name: 'slow-ack',
    guard: 'secret',
    skip: ['late-duplicate', 'burst', 'keep-alive', 'crash-midway'],
    fails: ['slow-acknowledgement'],
    because: '1.1 s is more than the second that is warned about',
  },
  {
    name: 'times-out',
    guard: 'secret',
    timeoutMs: 1000,
    fails: ['once', 'slow-acknowledgement'],
    because: 'not one delivery is answered in time, so nothing else can be judged',
  },
  {
    name: 'svix-parses-first',
    guard: 'svix',
    fails: ['svix-tampered-body'],
    because: 'a space that was added after signing is not in what it verifies',
  },
  {
    name: 'svix-timestamp-key',
    guard: 'svix',
    fails: [...again.filter((id) => id !== 'duplicate-sequential'), 'svix-id-new-timestamp', 'crash-midway'],
    because: 'every attempt but a copy of the very same bytes has a key of its own',
  },
  {
    name: 'svix-unsigned-accepted',
    guard: 'svix',
    fails: ['svix-missing-signature'],
    because: 'without the header nothing is verified',
  },
  {
    name: 'svix-any-age',
    guard: 'svix',
    fails: ['svix-stale-timestamp', 'svix-future-timestamp'],
    because: 'the signature of an old request is as good as ever, and that of one to come',
  },
  {
    name: 'svix-past-only',
    guard: 'svix',
    fails: ['svix-future-timestamp'],
    because: 'only what is too old is refused',
  },
  {
    name: 'svix-no-skew',
    guard: 'svix',
    fails: ['svix-tolerated-timestamp'],
    because: 'a clock that is ahead by some minutes is within the tolerance',
  },
  {
    name: 'failed-each-time',
    guard: 'secret',
    fails: ['failed-again'],
    because: 'one row for each report of one failure',
  },
  {
    name: 'last-status-wins',
    guard: 'secret',
    correct: true,
    fails: [],
    because:
      'duplicates write the same again; of a job that ends both ways, which there is none, either word is right',
  },
  {
    name: 'needs-the-row',
    guard: 'secret',
    knowsJobs: true,
    fails: ['early-webhook'],
    because: 'an event before its row is answered 200 and forgotten',
  },
  {
    name: 'duplicate-500',
    guard: 'secret',
    fails: [
      ...again,
      'duplicate-concurrent',
      'failed-after-completed',
      'completed-after-failed',
      'crash-midway',
    ],
    because: 'one effect each, but what comes again is never accepted',
  },
  {
    name: 'rejects-extra-fields',
    guard: 'secret',
    fails: ['extra-fields'],
    because: 'a fourth field is answered 400',
  },
];

/** What every guarded handler compares metadata.secret with. */
export const secret = 'open-sesame';
/** What every Svix handler verifies with. */
export const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** The shell command that runs a handler. @param dataDir where it keeps what it knows */
export function commandOf({ name }: Animal, port: number, dataDir: string): string {
  const file = (extension: string): string =>
    fileURLToPath(new URL(`handlers/${name}.${extension}`, import.meta.url));
  const program = name.includes('flask')
    ? ['/usr/bin/python3', '-I', '-u', file('py')]
    : [process.execPath, file('js')];
  const variables = {
    PORT: String(port),
    DATA_DIR: dataDir,
    WEBHOOK_SECRET: secret,
    WEBHOOK_SVIX_SECRET: svixSecret,
  };
  const assignments = Object.entries(variables).map(([key, value]) => `${key}=${quote(value)}`);
  return `${assignments.join(' ')} exec ${program.map(quote).join(' ')}`;
}

/** The shell command that makes a handler know the job $JOB_ID. */
export const prepareCommand = (dataDir: string): string =>
  `echo "{\\"job_id\\":\\"$JOB_ID\\"}" >> ${quote(`${dataDir}/submitted.ndjson`)}`;
