import { useEffect, useState } from 'react';
import { listTime } from '../core/time.ts';
import { formatDuration } from '../core/units.ts';
import type { CommandResult } from '../runtime/commands/index.ts';
import { usePage, useViewState } from './page.ts';
import './activity.css';

type Stats = CommandResult<'stats'>;

const ranges = [
  ['10m', 'the last 10 minutes'],
  ['1h', 'the last hour'],
  ['6h', 'the last 6 hours'],
  ['24h', 'the last day'],
] as const;

const bucketCount = 60;
/** ms between two counts, whatever happens, and how many times as long as one took nothing is counted after it. */
const [askMs, askPauses] = [2000, 3];

/** What can become of a delivery, from the ground up, as colours and words. */
const parts = [
  ['ok', 'answered 2xx'],
  ['none', 'not sent'],
  ['pending', 'under way'],
  ['error', 'failed'],
] as const;

/** Deliveries and their outcomes over time, as a strip that can be closed. */
export function Activity() {
  const [range, setRange] = useState(() => localStorage.getItem('activity') ?? 'off');
  const choose = (next: string): void => {
    localStorage.setItem('activity', next);
    setRange(next);
  };
  return (
    <section className="activity" aria-label="Activity">
      <label>
        <span className="dim">Activity</span>{' '}
        <select value={range} onChange={({ target }) => choose(target.value)}>
          <option value="off">off</option>
          {ranges.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {range !== 'off' && <Bars key={range} range={range} />}
    </section>
  );
}

function Bars({ range }: { range: string }) {
  const stats = useStats(range);
  if (!stats) return <p className="dim">Counting …</p>;
  const { counts, from, bucketMs } = stats;
  const most = Math.max(1, ...counts.map(total));
  const sums = parts.map(([part, words]) => ({
    part,
    words,
    sum: counts.reduce((sum, count) => sum + count[part], 0),
  }));
  const said = sums
    .filter(({ sum }) => sum > 0)
    .map(({ sum, words }) => `${sum.toLocaleString('en')} ${words}`);
  return (
    <>
      <svg
        className="activity-bars"
        viewBox={`0 0 ${bucketCount * 10} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Deliveries by ${formatDuration(bucketMs)}: ${said.join(', ') || 'none'}`}
      >
        {counts.map((count, i) => (
          <Column
            // biome-ignore lint/suspicious/noArrayIndexKey: a bucket is its time
            key={from + i * bucketMs}
            {...{ count, i, most }}
            title={titleOf(count, from + i * bucketMs)}
          />
        ))}
      </svg>
      <p className="activity-sums">
        {sums.map(({ part, words, sum }) => (
          <span key={part}>
            <i className={`key ${part}`} aria-hidden="true" /> {sum.toLocaleString('en')} {words}
          </span>
        ))}
        <span className="dim">
          highest: {most.toLocaleString('en')} in {formatDuration(bucketMs)}
        </span>
      </p>
    </>
  );
}

type Count = Stats['counts'][number];

const total = (count: Count): number => parts.reduce((sum, [part]) => sum + count[part], 0);

const titleOf = (count: Count, at: number): string => {
  const said = parts.filter(([part]) => count[part] > 0).map(([part, words]) => `${count[part]} ${words}`);
  return `${listTime(at)}: ${said.join(', ') || 'nothing'}`;
};

function Column({ count, i, most, title }: { count: Count; i: number; most: number; title: string }) {
  let top = 40;
  return (
    <g>
      <title>{title}</title>
      <rect className="column" x={i * 10} y={0} width={10} height={40} />
      {parts.map(([part]) => {
        if (count[part] === 0) return null;
        // One among thousands is seen too.
        const height = Math.max(1.5, (count[part] / most) * 38);
        top -= height;
        return (
          <rect key={part} className={part} x={i * 10 + 1} y={Math.max(0, top)} width={8} height={height} />
        );
      })}
    </g>
  );
}

/** The counts, asked for when something has happened and as time goes on. */
function useStats(range: string): Stats | null {
  const { session, view } = usePage();
  const { filter } = useViewState();
  const [stats, setStats] = useState<Stats | null>(null);
  useEffect(() => {
    let due = true;
    let asking = false;
    let [asked, rested] = [0, 0];
    const away = new AbortController();
    const ask = async (): Promise<void> => {
      // Without news only time goes on.
      if (asking || Date.now() < rested || document.hidden || (!due && Date.now() - asked < 5 * askMs))
        return;
      [due, asking, asked] = [false, true, Date.now()];
      try {
        const args = { filter: filter.applied, last: range, buckets: bucketCount };
        setStats(await session.run('stats', args, away));
      } finally {
        asking = false;
        rested = Date.now() + askPauses * (Date.now() - asked);
      }
    };
    const look = (): void =>
      void ask().catch((error: unknown) => {
        if (!away.signal.aborted) view.failed(error);
      });
    const end = session.subscribe(({ type }) => {
      due ||= type === 'delivery' || type === 'attempt' || type === 'removed';
    });
    const timer = setInterval(look, askMs);
    look();
    return () => {
      end();
      away.abort();
      clearInterval(timer);
    };
  }, [session, view, filter.applied, range]);
  return stats;
}
