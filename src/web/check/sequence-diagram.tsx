import { printable } from '../../core/text.ts';
import { formatDuration } from '../../core/units.ts';
import { type Lane, type Line, lanes, type Moment, sequenceOf } from './sequence.ts';

const laneWidth = 190;
const rowHeight = 34;
const top = 44;
/** Characters of an arrow's words, which stand between two lanes; a note has all of the width. */
const longest = { arrow: 34, note: 90 };

const x = (lane: Lane): number => laneWidth / 2 + lanes.indexOf(lane) * laneWidth;
const cut = (text: string, length: number): string => {
  const safe = printable(text);
  return safe.length > length ? `${safe.slice(0, length - 1)}…` : safe;
};

/** How a schedule went, as a picture, and as a list for those who read it. */
export function SequenceDiagram({ moments }: { moments: readonly Moment[] }) {
  const lines = sequenceOf(moments);
  const width = laneWidth * lanes.length;
  const height = top + lines.length * rowHeight + 16;
  return (
    <>
      <div className="sequence" tabIndex={0} role="group" aria-label="Sequence diagram">
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {lanes.map((lane) => (
            <g key={lane} className="lane">
              <text x={x(lane)} y={20}>
                {lane}
              </text>
              <line x1={x(lane)} x2={x(lane)} y1={30} y2={height - 6} />
            </g>
          ))}
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
            <LineOf key={i} line={line} y={top + i * rowHeight + 14} width={width} />
          ))}
        </svg>
      </div>
      <h3>How it went, in words</h3>
      <ol className="moments">
        {moments.map(({ at, text }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: moments have no other name
          <li key={i}>
            <span className="dim">{formatDuration(at)}</span> {printable(text)}
          </li>
        ))}
      </ol>
    </>
  );
}

function LineOf({ line, y, width }: { line: Line; y: number; width: number }) {
  if (line.kind === 'wait')
    return (
      <g className="wait">
        <rect x={8} y={y - 13} width={width - 16} height={20} rx={4} />
        <text x={width / 2} y={y + 1}>
          {line.text}
        </text>
      </g>
    );
  if (line.kind === 'note') {
    const text = cut(line.text, longest.note);
    const wide = Math.max(60, text.length * 6.7 + 18);
    const at = Math.min(width - wide / 2 - 4, Math.max(wide / 2 + 4, x(line.at)));
    return (
      <g className={`note ${line.tone}`}>
        <title>{printable(line.text)}</title>
        <rect x={at - wide / 2} y={y - 13} width={wide} height={20} rx={4} />
        <text x={at} y={y + 1}>
          {text}
        </text>
      </g>
    );
  }
  return <ArrowOf line={line} y={y} />;
}

function ArrowOf({ line, y }: { line: Extract<Line, { kind: 'arrow' }>; y: number }) {
  const [from, to] = [x(line.from), x(line.to)];
  const way = Math.sign(to - from);
  const lost = line.look === 'lost';
  const end = lost ? from + (to - from) * 0.55 : to;
  const shafts = Math.min(3, line.copies);
  return (
    <g className={`arrow ${line.look} ${line.tone}`}>
      {Array.from({ length: shafts }, (_, i) => {
        const at = y + 6 + (i - (shafts - 1) / 2) * 4;
        return (
          <g key={at}>
            <line x1={from} x2={end} y1={at} y2={at} />
            {!lost && <path d={`M${end - way * 7} ${at - 4} L${end} ${at} L${end - way * 7} ${at + 4}`} />}
          </g>
        );
      })}
      {lost && <path d={`M${end - 5} ${y + 1} l10 10 m0 -10 l-10 10`} />}
      <text x={(from + to) / 2} y={y - (shafts > 1 ? 3 : 0)}>
        {cut(line.text, longest.arrow)}
      </text>
    </g>
  );
}
