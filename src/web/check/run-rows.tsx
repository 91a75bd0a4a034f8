import type { CheckRow, CheckRunStatus } from '../../core/session.ts';
import { formatDuration } from '../../core/units.ts';
import { checkLook, checkProgress } from '../../view/check.ts';
import { usePage, useViewState } from '../page.ts';
import { Text } from '../text.tsx';

const runVerbs = {
  checks: 'Checking',
  explore: 'Exploring',
  scenarios: 'Making scenarios happen on',
} as const;

/** The run under way: what is being done, and its rows as they fill. */
export function RunUnderWay({ run }: { run: CheckRunStatus }) {
  const { session, view } = usePage();
  const { now } = useViewState();
  const { rows, doing, endpoint, emulator, kind, workId } = run;
  const ended = rows.filter(({ durationMs }) => durationMs !== null).length;
  return (
    <section aria-label="The run under way">
      <header className="run-head">
        <h2>
          {runVerbs[kind]} <code>{endpoint}</code>
        </h2>
        <button type="button" onClick={() => void session.run('cancel', { id: workId }).catch(view.failed)}>
          Cancel
        </button>
      </header>
      <progress
        value={kind === 'explore' ? undefined : ended}
        max={rows.length || 1}
        aria-label={kind === 'scenarios' ? 'Scenarios that have ended' : 'Checks that have ended'}
      />
      <p className="doing" role="status">
        <Text of={checkProgress(run, now)} />
      </p>
      <p className="dim">
        <Text of={doing} />
      </p>
      {emulator?.appMustUseIt && (
        <p className="note">
          Your app has to fetch its jobs from the emulated API of this run: start it with{' '}
          <code>REDUCTO_BASE_URL={emulator.url}</code>
        </p>
      )}
      <Rows rows={rows} />
    </section>
  );
}

/** Checks, a row each. */
export function Rows({ rows }: { rows: readonly CheckRow[] }) {
  return (
    <ul className="check-rows">
      {rows.map((row) => {
        const { symbol, tone } = checkLook(row);
        return (
          <li key={row.id} className={row.state.replaceAll(' ', '-')}>
            <span className={`mark ${tone}`} aria-hidden="true">
              {symbol}
            </span>
            <code>{row.id}</code>
            <span className={tone}>{row.state}</span>
            <span className="message">
              <Text of={row.message || row.title} />
            </span>
            <span className="dim took">{row.durationMs === null ? '' : formatDuration(row.durationMs)}</span>
          </li>
        );
      })}
    </ul>
  );
}
