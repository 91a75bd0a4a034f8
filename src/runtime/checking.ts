import type { CheckOptions, Progress } from '../checks/options.ts';
import type { ReportRecord } from '../checks/report/json.ts';
import type { ScenarioRun } from '../checks/scenario/run.ts';
import { UserError } from '../core/errors.ts';
import { atMost } from '../core/patience.ts';
import type { CheckRow, CheckRunStatus } from '../core/session.ts';
import type { WorkList } from '../dispatch/work.ts';
import type { CheckRuns } from '../store/check-runs.ts';
import { type KeptExploration, keptRun } from './check-record.ts';
import { messageLength, rowOfResult } from './check-row.ts';
import { throttle } from './throttle.ts';

/** ms between two statuses of a run at the least. */
const statusMs = 100;
/** ms that a run is given to end in good order when the tool ends. */
const endMs = 3000;

/** What a run is told. */
type RunOptions = Omit<CheckOptions, 'signal' | 'onProgress'>;

/** What a run is to do: the checks, an exploration, or scenarios. */
export type CheckOrder =
  | {
      options: RunOptions;
      /** What an exploration is told besides; null for the checks. */
      explore: { runs?: number | undefined; timeMs?: number | undefined } | null;
    }
  | { scenarios: readonly ScenarioRun[] };

/** A run that is about to begin. */
interface Prepared {
  /** What is going to be made. */
  rows: CheckRow[];
  /** Makes it. */
  make(common: Pick<CheckOptions, 'signal' | 'onProgress'>): ReturnType<typeof keptRun>;
}

/** What a run needs of the tool that it runs in. */
export interface CheckHost {
  store: { readonly checkRuns: CheckRuns };
  work: WorkList;
  signal?: AbortSignal | undefined;
}

/** A run that has ended, as it is kept. */
export interface CheckOutcome {
  id: number;
  report: ReportRecord;
  /** What was found, and how to see it again; null when it was no exploration. */
  exploration: KeptExploration | null;
}

/** Runs the checks, one run at a time, and tells how far it has come. */
export class Checking {
  #status: CheckRunStatus | null = null;
  #running: Promise<unknown> | null = null;
  readonly #tell: ReturnType<typeof throttle>;

  /**
   * @param onChange told when the status is another one
   * @param onRuns told when a run began or ended
   */
  constructor(
    onChange: () => void,
    private readonly onRuns: () => void,
  ) {
    this.#tell = throttle(onChange, statusMs);
  }

  /** The run under way; null for none. */
  get status(): CheckRunStatus | null {
    return this.#status;
  }

  /**
   * Runs the checks or an exploration, and keeps what was found.
   * @throws UserError when one is under way, and as runChecks and exploreApp do
   */
  async run(order: CheckOrder, host: CheckHost): Promise<CheckOutcome> {
    if (this.#status)
      throw new UserError(
        'check-under-way',
        `A check of ${this.#status.endpoint} is under way: wait for its end, or cancel it (cancel ${this.#status.workId}).`,
      );
    const running = this.#run(order, host);
    this.#running = running;
    return running;
  }

  /** Gives the run under way, which was cancelled by now, some time to end. */
  async close(): Promise<void> {
    this.#tell.stop();
    if (!this.#running || !this.#status) return;
    // Whoever has asked for the run is told how it ended.
    await atMost(
      endMs,
      this.#running.catch(() => undefined),
    );
  }

  async #run(order: CheckOrder, { store, work: list, signal }: CheckHost): Promise<CheckOutcome> {
    const kind = kindOf(order);
    const endpoint = ('scenarios' in order ? order.scenarios[0]! : order).options.endpoint.name;
    const begun = { id: store.checkRuns.nextId(), kind, endpoint, rows: [] } as const;
    this.#set({ ...begun, workId: '', startedAt: Date.now(), doing: 'starting', ...nothingYet });
    const { rows, make } = await this.#prepared(order);
    const label = `${workNames[kind]} ${endpoint}`;
    const work = list.start(label, kind === 'explore' ? null : rows.length, signal);
    this.#set({ ...this.#status!, workId: work.status.id, rows });
    this.onRuns();
    try {
      const onProgress = (progress: Progress): void => {
        if (progress.type === 'result' && kind !== 'explore')
          work.count(progress.result.verdict.outcome !== 'failed');
        this.#set(after(this.#status!, progress));
      };
      const { summary, outcome } = await make({ signal: work.signal, onProgress });
      await store.checkRuns.put({ ...summary, id: begun.id }, JSON.stringify(outcome));
      return { ...outcome, id: begun.id };
    } finally {
      this.#status = null;
      work.finish();
      this.onRuns();
    }
  }

  /** The code of the checks is loaded here and nowhere else. */
  async #prepared(order: CheckOrder): Promise<Prepared> {
    try {
      if ('scenarios' in order) return await scenariosPrepared(order.scenarios);
      return await (order.explore === null
        ? checksPrepared(order.options)
        : explorePrepared(order.options, order.explore));
    } catch (error) {
      this.#status = null; // wrong options: nothing has begun
      throw error;
    }
  }

  #set(status: CheckRunStatus): void {
    this.#status = status;
    this.#tell.call();
  }
}

const kindOf = (order: CheckOrder): CheckRunStatus['kind'] =>
  'scenarios' in order ? 'scenarios' : order.explore === null ? 'checks' : 'explore';

/** What a run is as a piece of work. */
const workNames = { checks: 'check of', explore: 'exploration of', scenarios: 'scenarios on' } as const;

async function checksPrepared(options: RunOptions): Promise<Prepared> {
  const { chosenChecks, runChecks } = await import('../checks/index.ts');
  return {
    rows: chosenChecks(options).map(waiting),
    make: async (common) => keptRun('checks', await runChecks({ ...options, ...common }), null, [options]),
  };
}

async function explorePrepared(
  options: RunOptions,
  more: { runs?: number | undefined; timeMs?: number | undefined },
): Promise<Prepared> {
  const [{ exploreApp }, { explorationRow }, { checks }] = await Promise.all([
    import('../checks/explore/index.ts'),
    import('../checks/explore/row.ts'),
    import('../checks/table/index.ts'),
  ]);
  return {
    rows: [checks.find(({ id }) => id === 'once')!, explorationRow].map(waiting),
    async make(common) {
      const explored = await exploreApp({ ...options, ...common, ...more });
      return keptRun('explore', explored.report, explored, [options]);
    },
  };
}

async function scenariosPrepared(runs: readonly ScenarioRun[]): Promise<Prepared> {
  const { runScenarios, requireMeans } = await import('../checks/scenario/run.ts');
  for (const run of runs) requireMeans(run);
  return {
    rows: runs.map(({ scenario: { id, name } }) => waiting({ id, title: name, severity: 'error' })),
    make: async (common) =>
      keptRun(
        'scenarios',
        await runScenarios(runs, common),
        null,
        runs.map(({ options }) => options),
      ),
  };
}

const nothingYet = { expected: null, emulator: null, egress: null };

const waiting = ({ id, title, severity }: Pick<CheckRow, 'id' | 'title' | 'severity'>): CheckRow => ({
  ...{ id, title, severity },
  state: 'waiting',
  message: '',
  durationMs: null,
});

/** The status after a step. */
function after(status: CheckRunStatus, progress: Progress): CheckRunStatus {
  const { rows } = status;
  switch (progress.type) {
    case 'emulator':
      return { ...status, emulator: { url: progress.url, appMustUseIt: progress.appMustUseIt } };
    case 'egress':
      return { ...status, egress: { url: progress.url, certificateFile: progress.certificateFile } };
    case 'expected': {
      const { ms, checks, width } = progress;
      return { ...status, expected: { endsAt: Date.now() + ms, checks, width } };
    }
    case 'begin': {
      const { id, title } = progress;
      return { ...status, doing: title, rows: begun(rows, id) };
    }
    case 'doing':
      return { ...status, doing: progress.text.slice(0, messageLength) };
    case 'ended': {
      const { id, verdict, durationMs } = progress;
      const ended = (row: CheckRow): CheckRow =>
        verdict === null
          ? { ...row, state: 'waiting', message: 'is made once more, alone' }
          : rowOfResult({ ...row, verdict, durationMs });
      return { ...status, rows: rows.map((row) => (row.id === id ? ended(row) : row)) };
    }
    case 'result':
      return {
        ...status,
        rows: rows.map((row) => (row.id === progress.result.id ? rowOfResult(progress.result) : row)),
      };
  }
}

/** A check begins; of an exploration the first delivery was clean when the search does. */
const begun = (rows: readonly CheckRow[], id: string): CheckRow[] =>
  rows.map((row) => {
    if (row.id === id) return { ...row, state: 'running', message: '', durationMs: null };
    return id === 'explore' && row.state === 'running' ? { ...row, state: 'passed' } : row;
  });
