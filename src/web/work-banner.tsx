import { useEffect, useState } from 'react';
import type { WorkStatus } from '../core/session.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';
import { usePage, useViewState } from './page.ts';
import './work-banner.css';

/** ms before a piece of work is worth a line: what is done sooner moves nothing on the page. */
const worthTellingMs = 500;

/** A piece of work under way: how far it has come, of a retry schedule every attempt, and how it is cancelled or hurried. */
export function WorkBanner({ id, label, total, done, failed, nextAt, delays }: WorkStatus) {
  const { session, view } = usePage();
  const { now } = useViewState();
  const [told, setTold] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setTold(true), worthTellingMs);
    return () => clearTimeout(timer);
  }, []);
  const run = (command: 'cancel' | 'skip') => (): void =>
    void session.run(command, { id }).catch(view.failed);
  if (!told) return null;
  return (
    <div className="banner work">
      <span>
        {printable(label)}: {done.toLocaleString('en')}
        {total === null ? '' : ` of ${total.toLocaleString('en')}`}
        {failed > 0 && <span className="bad"> · {failed.toLocaleString('en')} failed</span>}
        {nextAt !== null &&
          ` · next in ${formatDuration(Math.max(0, Math.ceil((nextAt - now) / 1000) * 1000))}`}
      </span>
      {total !== null && <progress value={done} max={total} aria-label={printable(label)} />}
      {delays && <Schedule {...{ delays, done, failed }} waits={nextAt !== null} />}
      <button type="button" onClick={run('cancel')}>
        Cancel
      </button>
      {nextAt !== null && (
        <button type="button" onClick={run('skip')}>
          Now
        </button>
      )}
    </div>
  );
}

/** The attempts of a schedule as dots: those that were made, the next one, and those that may come. */
function Schedule({
  delays,
  done,
  failed,
  waits,
}: {
  delays: readonly number[];
  done: number;
  failed: number;
  waits: boolean;
}) {
  const words = (i: number): string =>
    i < done ? (i < failed ? 'failed' : 'taken') : i > done ? 'to come' : waits ? 'next' : 'under way';
  return (
    <ol className="schedule" aria-label="Attempts of the schedule">
      {[0, ...delays].map((delay, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its number
        <li key={i} className={words(i).replace(' ', '-')} title={`attempt ${i + 1}: ${words(i)}`}>
          {i > 0 && <span className="gap">{formatDuration(delay)}</span>}
          <span className="dot" aria-hidden="true">
            {i < done ? (i < failed ? '✗' : '✓') : i === done ? '●' : '○'}
          </span>
          <span className="hidden">{words(i)}</span>
        </li>
      ))}
    </ol>
  );
}
