import { runCommand } from './command.ts';
import type { CheckRun } from './run.ts';
import type { Verdict } from './verdict.ts';

/** Lines of an assertion's output that are shown. */
const shownLines = 20;

/**
 * Runs the user's own assertion (`--verify`) after a check. What was found wrong already stays as it is; an assertion
 * that fails just as it did after an earlier check is that check's.
 */
export async function verified(verdict: Verdict, run: CheckRun): Promise<Verdict> {
  const { bench, id, due, sender } = run;
  const { verify, cwd = process.cwd(), environment } = bench.options;
  if (verify === undefined) return verdict;
  const ids = due.map((job) => job.id);
  const others = sender.jobs.map((job) => job.id).filter((each) => !ids.includes(each));
  const values = {
    CHECK: id,
    JOB_ID: ids[0] ?? '',
    JOB_IDS: ids.join(' '),
    OTHER_JOB_IDS: others.join(' '),
  };
  run.doing('--verify');
  const { code, output } = await runCommand(verify, { ...environment, ...values }, cwd);
  const lines = output.split('\n').slice(-shownLines);
  if (code === 0) {
    bench.broken = null;
    const said = output === '' ? '' : `: ${lines.at(-1)}`;
    return verdict.outcome === 'passed'
      ? { ...verdict, note: `${verdict.note === undefined ? '' : `${verdict.note}; `}--verify holds${said}` }
      : verdict;
  }
  const before = bench.broken;
  bench.broken = { output, check: before?.output === output ? before.check : id };
  if (verdict.outcome === 'failed') return verdict;
  if (bench.broken.check !== id) {
    bench.notes.add(`--verify still fails as it did after ${bench.broken.check}.`);
    return verdict;
  }
  return {
    outcome: 'failed',
    cause: 'assertion',
    severity: 'error',
    summary: `your own assertion does not hold any more (--verify: exit code ${code ?? 'none, ended by a signal'})`,
    expected: 'exit code 0',
    observed: `exit code ${code ?? 'none'}${output === '' ? ', and no output' : ''}`,
    difference: { expected: [], observed: output === '' ? [] : lines },
  };
}
