import { lateEffects } from './audit.ts';
import type { Bench } from './bench.ts';
import type { Check } from './check.ts';
import { ProbeError } from './effects/probe.ts';
import { expectedMs } from './expected.ts';
import { lack } from './lack.ts';
import type { CheckResult } from './options.ts';
import { isUp, waitUntilUp } from './reach.ts';
import { isError, masked } from './results.ts';
import { CheckRun } from './run.ts';
import { restartBetweenDuplicates } from './table/crash.ts';
import { duplicateOfFirst, lateDuplicate } from './table/order.ts';
import { runTogether, type Standing, widthOf } from './together.ts';
import { failed, notJudged, type Verdict } from './verdict.ts';
import { verified } from './verify.ts';

/** Makes the checks: `once` first, then at the same time those that may be, then the others one by one. */
export class Suite {
  readonly #results: CheckResult[] = [];
  readonly #runs = new Map<string, CheckRun>();
  #standing: ReadonlyMap<Check, Standing> = new Map();

  constructor(
    private readonly bench: Bench,
    private readonly chosen: readonly Check[],
  ) {}

  /** @returns what became of each, in their order; of those that were begun, where it was stopped */
  async run(): Promise<CheckResult[]> {
    const { signal, bail, onProgress } = this.bench.options;
    for (const [index, check] of this.chosen.entries()) {
      if (signal?.aborted) break;
      const { id, title } = check;
      onProgress?.({ type: 'begin', id, title, index, total: this.chosen.length });
      const result = await this.#resultOf(check);
      this.#results.push(result);
      onProgress?.({ type: 'result', result });
      if (bail && isError(result)) break;
      if (index === 0) await this.#together();
    }
    if (this.bench.down === null) {
      if (!signal?.aborted) await this.#lastDuplicate();
      await this.#judgeAgain();
    }
    return this.#results;
  }

  /**
   * Sends the late duplicate once more, at the end of the run: what is forgotten within a minute is seen only now. After
   * a restart that says so only where ids outlive one.
   */
  async #lastDuplicate(): Promise<void> {
    const before = this.#verdictOf(lateDuplicate.id);
    const restarted = this.#verdictOf(restartBetweenDuplicates.id);
    if (before?.outcome !== 'passed' || restarted?.outcome !== 'passed') return;
    const run = new CheckRun(this.bench, lateDuplicate.id, () => undefined);
    const verdict = await duplicateOfFirst(run);
    if (verdict.outcome === 'passed')
      this.#amend(lateDuplicate.id, { ...verdict, note: `${before.note}; at the end ${verdict.note}` });
    else if (verdict.outcome === 'failed') this.#amend(lateDuplicate.id, verdict, run);
  }

  #verdictOf(id: string): Verdict | undefined {
    return this.#results.find((result) => result.id === id)?.verdict;
  }

  /** Puts another verdict in place of that of a check. @param run what it comes from, where it is a failure */
  #amend(id: string, verdict: Verdict, run?: CheckRun): void {
    const { options } = this.bench;
    const index = this.#results.findIndex((result) => result.id === id);
    const sent = run?.sender.records() ?? [];
    const result = masked({ ...this.#results[index]!, verdict, sent }, options);
    this.#results[index] = result;
    if (run) options.onProgress?.({ type: 'result', result });
  }

  /** Tells how long it will take, and runs what may run at the same time. */
  async #together(): Promise<void> {
    const { bench } = this;
    const { onProgress, signal } = bench.options;
    if (bench.baseline === null || bench.down !== null) return;
    const rest = this.chosen.slice(1).filter((check) => lack(check, bench) === null);
    const width = widthOf(bench);
    onProgress?.({ type: 'expected', ms: expectedMs(bench, rest, width), checks: rest.length, width });
    const group = rest.filter(({ overlaps }) => overlaps);
    if (width === 1 || group.length < 2) return;
    let left = group.length;
    const tell = (): void =>
      onProgress?.({ type: 'doing', text: `and ${left - 1} others, ${width} at a time` });
    this.#standing = await runTogether(bench, group, {
      begin: (check) => {
        tell();
        const { id, title } = check;
        const index = this.chosen.indexOf(check);
        onProgress?.({ type: 'begin', id, title, index, total: this.chosen.length });
        return new CheckRun(bench, check.id, () => undefined, true);
      },
      make: async (check, run) => {
        const verdict = await made(check, run);
        left -= 1;
        return verdict && masked(verdict, bench.options);
      },
      ended: ({ id }, verdict, durationMs) => onProgress?.({ type: 'ended', id, verdict, durationMs }),
      signal,
    });
    if (!(await isUp(bench.options.endpoint.origin))) await comesBack(bench);
  }

  async #resultOf(check: Check): Promise<CheckResult> {
    const { bench } = this;
    const { onProgress } = bench.options;
    const { id, title, severity } = check;
    const began = performance.now();
    const standing = this.#standing.get(check);
    const run = standing?.run ?? new CheckRun(bench, id, (text) => onProgress?.({ type: 'doing', text }));
    this.#runs.set(id, run);
    bench.app?.takeOutput();
    const verdict = standing?.verdict ?? (await this.#judge(check, run));
    const wrong = verdict.outcome === 'failed';
    return {
      id,
      title,
      severity: (wrong ? verdict.severity : undefined) ?? severity,
      verdict,
      durationMs: standing?.durationMs ?? performance.now() - began,
      sent: wrong ? run.sender.records() : [],
      appOutput: wrong ? masked(bench.app?.takeOutput() ?? [], bench.options) : [],
    };
  }

  /** Makes one check by itself, and sees that the app outlives it. */
  async #judge(check: Check, run: CheckRun): Promise<Verdict> {
    const { bench } = this;
    const lacking = bench.down === null ? lack(check, bench) : notJudged(bench.down);
    if (lacking !== null) return lacking;
    const verdict = await made(check, run);
    if (verdict !== null && (await isUp(bench.options.endpoint.origin)))
      return masked(await verified(verdict, run), bench.options);
    const back = await comesBack(bench);
    if (!back) bench.down = `the app went down during ${check.id}`;
    return failed(
      `the app went down${back ? ', and came back' : ''}`,
      'the app to stay alive',
      'nothing listens there any more',
      { severity: 'error', ...(verdict?.outcome === 'failed' ? { hint: verdict.summary } : {}) },
    );
  }

  /** Turns checks that passed into failures when an effect came again after they had ended. */
  async #judgeAgain(): Promise<void> {
    const { bench } = this;
    for (const [id, { jobId, times, expected, observed }] of await lateEffects(bench)) {
      if (this.#verdictOf(id)?.outcome !== 'passed') continue;
      const verdict: Verdict = {
        outcome: 'failed',
        cause: 'again',
        summary: `after the check had ended the effect came again: job ${jobId}: ${times} times the effect`,
        expected: 'the effect of one delivery, for good',
        observed: `${times} times the effect at the end of the run`,
        difference: { expected, observed },
      };
      this.#amend(id, verdict, this.#runs.get(id));
    }
  }
}

/** Makes a check; null when the app, and a probe that asks it, went away meanwhile. */
async function made(check: Check, run: CheckRun): Promise<Verdict | null> {
  try {
    return await check.run(run);
  } catch (error) {
    if (error instanceof ProbeError && !(await isUp(run.bench.options.endpoint.origin))) return null;
    throw error;
  }
}

/** Whether an app that went down is up again: by itself, or because it was started here. */
async function comesBack({ app, options }: Bench): Promise<boolean> {
  if (app === null) return waitUntilUp(options.endpoint.origin);
  await app.restart();
  return true;
}
