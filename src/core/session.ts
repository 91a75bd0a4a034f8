/** The states of a public URL. `off`: no tunnel was asked for. */
export type TunnelState = 'off' | 'opening' | 'open' | 'degraded' | 'reconnecting' | 'closed';

/** The public URL as it stands. */
export interface TunnelStatus {
  provider: string;
  state: TunnelState;
  /** The URL that works, or worked last; null when there has been none yet. */
  url: string | null;
  /** One line on why the state is what it is; null when there is nothing to say. */
  reason: string | null;
  /** When this state began, ms since the epoch. */
  since: number;
}

/** An endpoint and whether something listens there. */
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

/** What a running tool says of itself: the head of both screens, and `GET /api/status`. */
export interface Status {
  version: string;
  pid: number;
  /** ms since the epoch. */
  startedAt: number;
  dataDir: string;
  receiverUrl: string;
  tunnel: TunnelStatus;
  endpoints: EndpointStatus[];
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
  | { type: 'status'; status: Status }
  | { type: 'error'; code: string; message: string };
