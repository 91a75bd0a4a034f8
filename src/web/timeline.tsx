import type { DeliveryDetail } from '../core/record.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';
import { timeline } from '../view/timeline.ts';
import { outcomeTone } from '../view/tone.ts';
import './timeline.css';

/** Times to name on an axis: round ones, four to seven of them. */
function ticksOf(span: number): number[] {
  const size = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((times) => times * size).find((each) => span / each <= 6)!;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step);
}

/** What happened to a delivery, as bars over time and in words. */
export function Timeline({ data }: { data: DeliveryDetail }) {
  const { delivery, attempts } = data;
  const begin = delivery.receivedAt;
  const ack = delivery.acknowledgement;
  const bars = [
    {
      name: 'sender waits',
      from: begin,
      to: begin + (ack?.durationMs ?? 0),
      tone: 'accent',
      note: ack?.status ?? '–',
      faulty: (ack?.faults?.length ?? 0) > 0,
    },
    ...attempts.map(({ number, startedAt, durationMs, outcome, faults }) => ({
      name: `attempt ${number}${faults.length > 0 ? ' !' : ''}`,
      from: startedAt,
      to: startedAt + (durationMs ?? 0),
      tone: outcomeTone(outcome),
      faulty: faults.length > 0,
      note: outcome.kind === 'response' ? outcome.status : outcome.kind === 'error' ? outcome.code : '…',
    })),
  ];
  const span = Math.max(1, ...bars.map(({ to }) => to - begin));
  const ticks = ticksOf(span);
  return (
    <div className="timeline">
      <ol className="bars" aria-label={`Over ${formatDuration(span)}`}>
        {bars.map(({ name, from, to, tone, note, faulty }) => (
          <li key={name}>
            <span className="name">{name}</span>
            <span className="track">
              <span
                className={faulty ? `bar faulty ${tone}` : `bar ${tone}`}
                title={faulty ? 'a fault on purpose' : undefined}
                style={{
                  left: `${((from - begin) / span) * 96}%`,
                  width: `${Math.max(0.6, ((to - from) / span) * 96)}%`,
                }}
              />
            </span>
            <span className="value">
              {note} · {formatDuration(to - from)}
            </span>
          </li>
        ))}
      </ol>
      <div className="axis" aria-hidden="true">
        <span className="track">
          {ticks.map((at) => (
            <span key={at} className="tick" style={{ left: `${(at / span) * 96}%` }}>
              {at === 0 ? '0' : formatDuration(at)}
            </span>
          ))}
        </span>
      </div>
      <ol className="events">
        {timeline(data).map(({ at, title, tone, text }) => (
          <li key={`${title}${at}`}>
            <span className="offset">+{formatDuration(at - begin)}</span> <b className={tone}>{title}</b>{' '}
            {printable(text)}
          </li>
        ))}
      </ol>
    </div>
  );
}
