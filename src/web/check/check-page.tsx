import { useEffect, useState } from 'react';
import { UserError } from '../../core/errors.ts';
import { listTime } from '../../core/time.ts';
import { runLook } from '../../view/check.ts';
import { useAsked } from '../asked.ts';
import { Link } from '../link.tsx';
import { usePage, useViewState } from '../page.ts';
import { go, useAddress } from '../place.ts';
import { Text } from '../text.tsx';
import { CheckForm } from './check-form.tsx';
import { RunReport } from './run-report.tsx';
import { RunUnderWay } from './run-rows.tsx';
import './check.css';

/** The checks: a new run, the one under way, past ones, and how two of them differ. */
export default function CheckPage() {
  const { view } = usePage();
  const { check } = useViewState().status;
  const url = new URL(useAddress(), location.origin);
  const id = Number(/^\/checks\/(\d+)$/.exec(url.pathname)?.[1] ?? Number.NaN);
  const compare = Number(url.searchParams.get('compare') ?? Number.NaN);
  const [problem, setProblem] = useState<string | null>(null);
  // Who looks at a run that ends is shown what it found.
  const [watched, setWatched] = useState<number | null>(check?.id ?? null);
  const now = check?.id ?? null;
  const asked = Number.isInteger(id) ? id : now === null ? watched : null;
  useEffect(() => {
    if (now !== null) setWatched(now);
  }, [now]);
  const started = (running: Promise<{ id: number }>): void => {
    setProblem(null);
    go('/checks');
    running.then(
      (run) => go(`/checks/${run.id}`),
      (error: unknown) => (error instanceof UserError ? setProblem(error.message) : view.failed(error)),
    );
  };
  return (
    <div className={asked === null ? 'check-page' : 'check-page opened-run'}>
      <div className="side">
        <h2>Check your handler</h2>
        <CheckForm started={started} />
        <PastRuns chosen={asked} />
      </div>
      <div className="main" tabIndex={0} role="group" aria-label="The run">
        {problem !== null && (
          <p className="problem" role="alert">
            <Text of={problem} />
          </p>
        )}
        {check && !Number.isInteger(id) ? (
          <RunUnderWay run={check} />
        ) : asked === null ? (
          <Welcome />
        ) : Number.isInteger(compare) ? (
          <Comparison before={compare} after={asked} />
        ) : (
          <PastRun id={asked} />
        )}
      </div>
    </div>
  );
}

function Welcome() {
  return (
    <div className="hint">
      <h2>Is it idempotent?</h2>
      <p>
        The checks send your handler what Reducto and Svix really send: duplicates, copies at the same
        instant, retries after failures, forged webhooks, jobs out of order. With a command or URL that shows
        your app's effects they see whether something was done twice or lost; with a start command they crash
        it, too.
      </p>
    </div>
  );
}

function PastRun({ id }: { id: number }) {
  const { session } = usePage();
  const { value, problem } = useAsked(() => session.run('check-run', { id }), `run-${id}`, [
    'check',
    'removed',
  ]);
  if (value) return <RunReport run={value} />;
  return problem === null ? (
    <p className="hint">Loading …</p>
  ) : (
    <p className="hint">
      <Text of={problem} />
    </p>
  );
}

function PastRuns({ chosen }: { chosen: number | null }) {
  const { session } = usePage();
  const { value } = useAsked(() => session.run('check-runs', {}), 'runs', ['check', 'removed']);
  if (!value || value.runs.length === 0) return null;
  const kind = value.runs.find(({ id }) => id === chosen)?.kind;
  return (
    <section aria-label="Past runs">
      <h2>Past runs</h2>
      <ul className="past-runs">
        {value.runs.map((run) => (
          <li key={run.id} className={run.id === chosen ? 'chosen' : undefined}>
            <Link to={`/checks/${run.id}`}>
              <span className={runLook(run).tone}>{runLook(run).symbol}</span> {run.id}
              {' · '}
              {listTime(run.startedAt)}
            </Link>{' '}
            <span className="dim">
              {run.kind === 'explore' ? 'exploration' : `${run.passed} passed, ${run.failed} failed`}
              {run.interrupted && ', stopped'}
            </span>{' '}
            {chosen !== null && run.id < chosen && run.kind === kind && (
              <Link to={`/checks/${chosen}?compare=${run.id}`}>compare</Link>
            )}
            {run.damage && <span className="bad">damaged</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

const tones: Readonly<Record<string, string>> = {
  ...{ 'broken since': 'bad', new: 'bad', 'still failing': 'bad', fixed: 'good', 'no longer judged': 'warn' },
};

function Comparison({ before, after }: { before: number; after: number }) {
  const { session } = usePage();
  const key = `diff-${before}-${after}`;
  const { value, problem } = useAsked(() => session.run('check-diff', { before, after }), key, ['removed']);
  if (!value) return <p className="hint">{problem === null ? 'Loading …' : <Text of={problem} />}</p>;
  const same = value.checks.filter(({ change }) => change === 'same').length;
  return (
    <section aria-label="Comparison">
      <h2>
        From run <Link to={`/checks/${before}`}>{before}</Link> to run{' '}
        <Link to={`/checks/${after}`}>{after}</Link>
      </h2>
      <ul className="check-rows">
        {value.checks
          .filter(({ change }) => change !== 'same')
          .map(({ id, title, change, message }) => (
            <li key={id}>
              <span aria-hidden="true" className="mark" />
              <code>{id}</code>
              <span className={tones[change] ?? 'dim'}>{change}</span>
              <span className="message">
                <Text of={message || title} />
              </span>
            </li>
          ))}
      </ul>
      <p className="dim">{same} checks are as before.</p>
    </section>
  );
}
