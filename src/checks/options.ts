import type { Endpoint } from '../core/endpoint.ts';
import type { Emulator } from '../emulator/emulator.ts';
import type { Store } from '../store/store.ts';
import type { Severity, Verdict } from './verdict.ts';

/** How the app is started by the checks themselves. */
export interface StartOptions {
  /** A shell command. */
  command: string;
  /** Answers 2xx to 4xx once the app takes requests. */
  readyUrl: string;
  /** Where the command runs. */
  cwd: string;
}

/** Everything a run was told. */
export interface CheckOptions {
  /** Where the webhooks go, in full: `http://localhost:3000/webhook`. */
  endpoint: Endpoint;
  /** Where deliveries and attempts are kept, and the proxy's certificate; the caller holds its lock. */
  dataDir: string;
  /** The history in it, where it is open already; it stays open. */
  store?: Store;
  /** An emulated API that the app uses already; one is started when absent. It stays open. */
  emulator?: Emulator | undefined;
  /** Of the commands, beside this process's own. */
  environment?: Readonly<Record<string, string>>;
  start?: StartOptions | undefined;
  /** Commands that print a snapshot of the app's state. */
  effects?: readonly string[];
  /** URLs that answer with one. */
  effectsUrls?: readonly string[];
  /** Functions of this process that give one. */
  effectsFunctions?: readonly (() => unknown)[];
  /** What is left out of snapshots. */
  effectsIgnore?: readonly RegExp[];
  /** Counts the app's outgoing calls too. */
  egress?: boolean;
  /** A shell command that makes the app know a job ($JOB_ID) before its webhook comes. */
  prepare?: string | undefined;
  /**
   * A shell command that is run after each check; exit code 0: the user's own assertion holds. It finds CHECK, JOB_ID and
   * JOB_IDS (of the jobs that must have had their effect once) and OTHER_JOB_IDS in its environment.
   */
  verify?: string | undefined;
  /** A shell command that puts the app's state back; run before each schedule of an exploration. */
  reset?: string | undefined;
  /** Expected metadata.secret. */
  secret?: string | undefined;
  /** The endpoint's `whsec_…`: deliveries are signed as Svix signs them. */
  svixSecret?: string | undefined;
  /** Job metadata that every delivery has. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Ids of checks; all when absent or empty. `crash-*` names all that begin so. */
  only?: readonly string[];
  skip?: readonly string[];
  /** Of all that is drawn but ids. */
  seed?: number;
  /** Whether to stop at the first failure of severity error. */
  bail?: boolean;
  /** ms that the app has for its answer. */
  timeoutMs?: number;
  /** Takes certificates that nobody vouches for, from other machines too. */
  insecure?: boolean;
  /** ms without a change that count as quiet; found out when absent. */
  quietMs?: number | undefined;
  /** ms that an effect may take to appear. */
  effectMs?: number;
  /** ms that have to lie at least between the first delivery and its late duplicate. */
  lateMs?: number | undefined;
  /** What was not judged makes the exit code 1, too. */
  strict?: boolean | undefined;
  /** Of the emulated API; 0 for any free one, as when absent with `start`; else 4142 or the next free one. */
  emulatorPort?: number;
  /** Where the probe and other commands run. */
  cwd?: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** What a run tells while it runs. */
export type Progress =
  /** The emulated API is up; the app should fetch its jobs there. */
  | { type: 'emulator'; url: string; appMustUseIt: boolean }
  /** The proxy for outgoing calls is up. */
  | { type: 'egress'; url: string; certificateFile: string }
  /** About how long the other checks will take, and how many of them run at the same time at the most. */
  | { type: 'expected'; ms: number; checks: number; width: number }
  | { type: 'begin'; id: string; title: string; index: number; total: number }
  /** What is being done, in a few words. */
  | { type: 'doing'; text: string }
  /** A check that ran among others has ended: what it came to; null where it is made once more, alone. */
  | { type: 'ended'; id: string; verdict: Verdict | null; durationMs: number }
  | { type: 'result'; result: CheckResult };

/** A delivery that a check sent, with its attempts, as they are in the store. */
export interface SentRecord {
  seq: number;
  id: string;
  jobId: string;
  attempts: readonly {
    id: string;
    number: number;
    outcome: string;
    durationMs: number | null;
    note: string;
  }[];
}

/** What became of one check. */
export interface CheckResult {
  id: string;
  title: string;
  severity: Severity;
  verdict: Verdict;
  durationMs: number;
  /** What was sent: all of it for a failure, none otherwise. */
  sent: readonly SentRecord[];
  /** What the app printed meanwhile, where it was started here and the check failed. */
  appOutput: readonly string[];
  /** How a scenario went that failed: a line for each thing that happened. */
  course?: readonly string[];
  /** Where in its file it failed. */
  place?: { line: number; column: number } | null;
}

/** What a whole run found. */
export interface Report {
  version: string;
  endpoint: string;
  /** Names of the probes that were looked through. */
  probes: readonly string[];
  /** Why effects could not be judged at all; null when they could. */
  blind: string | null;
  seed: number;
  /** ms since the epoch. */
  startedAt: number;
  durationMs: number;
  results: readonly CheckResult[];
  /** What a reader should know beside the verdicts. */
  notes: readonly string[];
  counts: {
    passed: number;
    failed: number;
    warnings: number;
    notJudged: number;
    /** What there is nothing to judge of at a handler of this kind. */
    notApplicable: number;
  };
  /** The earlier run that it was weighed against, and by that: errors that count as warnings, and checks that pass by now. */
  against?: { name: string; known: readonly string[]; fixed: readonly string[] };
  /** Whether it was stopped before its end. */
  interrupted: boolean;
  /** 0 when no check of severity error failed, else 1. */
  exitCode: 0 | 1;
}
