import { useEffect, useRef } from 'react';
import { outcomeInWords } from '../core/outcome.ts';
import type { ShownAttempt } from '../core/record.ts';
import { printable } from '../core/text.ts';
import { listTime } from '../core/time.ts';
import { attemptPair } from '../view/compare.ts';
import { outcomeTone, sinceTone } from '../view/tone.ts';
import { BodyView } from './body-view.tsx';
import { Headers } from './headers.tsx';
import { usePage, useViewState } from './page.ts';

/** Every request to the app on behalf of the delivery, newest first. */
export function AttemptsPane() {
  const { detail } = useViewState();
  const attempts = detail?.data?.attempts ?? [];
  return (
    <section className="pane attempts-pane" aria-label="Attempts">
      <h2 className="pane-title">
        Attempts{attempts.length > 0 && <span className="count">{attempts.length}</span>}
      </h2>
      <div className="scroll" tabIndex={0} role="group" aria-label="Attempts of the delivery">
        {detail?.data && attempts.length === 0 && <p className="hint">It was not sent to an app yet.</p>}
        {attempts.toReversed().map((attempt, i) => (
          <AttemptCard key={attempt.id} attempt={attempt} all={attempts} first={i === 0} />
        ))}
        {detail?.data?.delivery.acknowledgement && (
          <p className="ack">
            The sender got <b>{detail.data.delivery.acknowledgement.status ?? 'no answer'}</b>
            {detail.data.delivery.acknowledgement.note &&
              `: ${printable(detail.data.delivery.acknowledgement.note)}`}
          </p>
        )}
      </div>
    </section>
  );
}

interface AttemptCardProps {
  attempt: ShownAttempt;
  /** All of the delivery, the attempt among them. */
  all: readonly ShownAttempt[];
  first: boolean;
}

function AttemptCard({ attempt, all, first }: AttemptCardProps) {
  const { number, reason, endpoint, outcome, durationMs, startedAt, faults, notes, request } = attempt;
  const { difference, since } = attempt;
  const card = useRef<HTMLDetailsElement>(null);
  const wanted = location.pathname.endsWith(`/attempts/${number}`);
  useEffect(() => {
    if (wanted) card.current?.scrollIntoView();
  }, [wanted]);
  const tone = outcomeTone(outcome);
  return (
    <details ref={card} className={`attempt ${tone}`} open={first || wanted}>
      <summary>
        <span className="number">{number}</span>
        <b className={tone}>{outcomeInWords(outcome, durationMs)}</b>
        <span className="dim">
          {' '}
          {reason} · {listTime(startedAt)}
        </span>
        {since && <b className={sinceTone(since)}> {since.change}</b>}
      </summary>
      <p className="facts">
        {request.method} {printable(request.url)} <span className="dim">({printable(endpoint)})</span>
      </p>
      {faults.length > 0 && <p className="warn">! on purpose: {faults.join(' ')}</p>}
      {notes.map((note) => (
        <p key={note} className="dim">
          {printable(note)}
        </p>
      ))}
      {difference !== undefined && (
        <details>
          <summary>What was changed</summary>
          <pre className="diff">{diffLines(difference)}</pre>
        </details>
      )}
      {since && <p className={sinceTone(since)}>{since.text}</p>}
      {since?.answer !== undefined && (
        <details>
          <summary>What changed in the answer</summary>
          <pre className="diff">{diffLines(since.answer)}</pre>
        </details>
      )}
      {outcome.kind === 'response' && (
        <>
          <h3>Answer</h3>
          <BodyView body={outcome.body} />
          <details>
            <summary>Headers of the answer ({outcome.headers.length})</summary>
            <Headers pairs={outcome.headers} />
          </details>
        </>
      )}
      <details>
        <summary>Request ({request.headers.length} headers)</summary>
        <Headers pairs={request.headers} />
        {request.body === null ? (
          <p className="dim">The body is the delivery's own, byte for byte.</p>
        ) : (
          <BodyView body={request.body} />
        )}
      </details>
      <Comparisons attempt={attempt} all={all} />
    </details>
  );
}

/** Buttons that show how an attempt differs from what came in, and from the other attempts. */
function Comparisons({ attempt, all }: Omit<AttemptCardProps, 'first'>) {
  const { view } = usePage();
  const others = all.filter(({ id }) => id !== attempt.id).slice(-mostCompared);
  return (
    <p className="comparisons">
      <span className="dim">Compare with</span>
      {[null, ...others].map((other) => (
        <button
          key={other?.id ?? ''}
          type="button"
          className="chip"
          onClick={() => view.act({ type: 'compare', pair: attemptPair(attempt, other) })}
        >
          {other === null ? 'what came in' : `attempt ${other.number}`}
        </button>
      ))}
    </p>
  );
}

/** Other attempts that a button is there for: the newest. */
const mostCompared = 5;

const diffLines = (text: string) =>
  text.split('\n').map((line, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
    <span key={i} className={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : undefined}>
      {printable(line)}
      {'\n'}
    </span>
  ));
