import type { RuleStatus } from './rules/rule.ts';

/** The states of a public URL. `off`: no tunnel was asked for. */
export type TunnelState = 'off' | 'opening' | 'open' | 'degraded' | 'reconnecting' | 'closed';

/** The public URL as it stands. */
export interface TunnelStatus {
  /** The one at work: that of `order` by which the public URL was had last. */
  provider: string;
  /** As asked for: when one can't be had, the next takes over. Empty for no tunnel. */
  order: readonly string[];
  state: TunnelState;
  /** The URL that works, or worked last; null when there has been none yet. */
  url: string | null;
  /** One line on why the state is what it is; null when there is nothing to say. */
  reason: string | null;
  /** When this state began, ms since the epoch. */
  since: number;
  /** How long the last request through the public URL and back took, ms; null before one has come back. */
  latencyMs: number | null;
  /** What arrives otherwise than it was sent through it, each in a line; empty for nothing, null before that is known. */
  changes: readonly string[] | null;
}

/** Where deliveries go, also by a route, and whether something listens there. */
export interface EndpointStatus {
  name: string;
  state: 'unknown' | 'up' | 'down';
  reason: string | null;
}

/** Where a long piece of work stands, as screens show it. */
export interface WorkStatus {
  id: string;
  /** What it does: `replay of 120 deliveries`, `retries of #12 (svix, 100 times faster)`. */
  label: string;
  /** Requests to send in all; null when that depends on the answers. */
  total: number | null;
  done: number;
  failed: number;
  /** When the next attempt is due, ms since the epoch; null when nothing is waited for. */
  nextAt: number | null;
  /** Of a retry schedule of one delivery: ms before each retry, as it runs; absent otherwise. */
  delays?: readonly number[];
  state: 'running' | 'done' | 'cancelled';
}

/** The emulator of the Reducto API as it stands. */
export interface EmulatorStatus {
  /** What REDUCTO_BASE_URL is set to. */
  url: string;
  /** Jobs that are processed now. */
  running: number;
  /** Jobs that have ended since it started. */
  ended: number;
  /** What its API does wrong on purpose, as far as it is still to come; empty for nothing. */
  faults: string;
}

/** How far a check of the run under way has come, or how it has ended. */
export type CheckState = 'waiting' | 'running' | 'passed' | 'failed' | 'not judged' | 'not applicable';

/** One check of the run under way. */
export interface CheckRow {
  id: string;
  title: string;
  state: CheckState;
  /** How bad a failure is. */
  severity: 'error' | 'warning' | 'info';
  /** What it found, in a line; empty before its end, and when it passed with nothing to say. */
  message: string;
  /** Null before its end. */
  durationMs: number | null;
}

/** The run of the checks that is under way. */
export interface CheckRunStatus {
  /** Its number among the runs that are kept, once it has ended. */
  id: number;
  /** The work by which it is cancelled. */
  workId: string;
  kind: 'checks' | 'explore' | 'scenarios';
  endpoint: string;
  /** ms since the epoch. */
  startedAt: number;
  /** What is being done, in a few words. */
  doing: string;
  /** About when it will have ended, ms since the epoch, and how many checks run at a time at the most; null before that is known. */
  expected: { endsAt: number; checks: number; width: number } | null;
  /** The emulated API; the app has to fetch its jobs there. Null before it is up. */
  emulator: { url: string; appMustUseIt: boolean } | null;
  /** The proxy for the app's outgoing calls; null for none. */
  egress: { url: string; certificateFile: string } | null;
  /** In the order in which they are made. */
  rows: readonly CheckRow[];
}

/** What a running tool says of itself: the head of both screens, and `GET /api/status`. */
export interface Status {
  version: string;
  pid: number;
  /** ms since the epoch. */
  startedAt: number;
  dataDir: string;
  receiverUrl: string;
  /** The link that lets the next browser see the page; null when there is none. */
  inspectorUrl: string | null;
  tunnel: TunnelStatus;
  endpoints: EndpointStatus[];
  /** What is done with what comes in, in its order. */
  rules: RuleStatus[];
  /** What the sender is answered: `app`, `now` or a status code. */
  ack: string;
  verification: { secret: boolean; svix: boolean; reject: boolean };
  /** Deliveries in the store. */
  deliveries: number;
  /** The faults at work on what comes in, in the fault language, and their seed. */
  faults: string;
  seed: number;
  /** Whether what comes in is held, and the `seq`s of those that wait. */
  holding: boolean;
  held: number[];
  /** Replays and retries under way. */
  work: WorkStatus[];
  /** The run of the checks that is under way; null for none. */
  check: CheckRunStatus | null;
  /** Null when none runs. */
  emulator: EmulatorStatus | null;
  /** Ids of jobs whose deliveries stand out, since somebody waits for them. */
  expectedJobs: readonly string[];
  /** Lines for the head of the screen: what goes on, what to press. Empty but in the demo. */
  banner: readonly string[];
  /** Why deliveries can't be stored right now; null when they can. */
  storeProblem: string | null;
}

/**
 * What a screen is told: that something changed, not what it is now. A delivery is named by its `seq`; the
 * screen asks for what it shows.
 */
export type SessionEvent =
  | { type: 'delivery' | 'attempt' | 'acknowledgement'; seq: number }
  | { type: 'removed' }
  /** Something in the emulator. */
  | { type: 'job' | 'fetch' | 'endpoints' | 'unheard' | 'fault' }
  /** A run of the checks began or ended: the runs that are kept are others. */
  | { type: 'check' }
  | { type: 'status'; status: Status }
  | { type: 'error'; code: string; message: string };
