import { type DragEvent, useState } from 'react';
import { heldInOrder } from '../view/state.ts';
import { CommandButton } from './command-button.tsx';
import { usePage, useViewState } from './page.ts';
import './held-queue.css';

/**
 * The deliveries that are held back, in the order in which they are to reach the app: that can be changed by dragging
 * and by keys (Alt with an arrow), and they are let go one by one, or all in this order.
 */
export function HeldQueue() {
  const { session, view } = usePage();
  const state = useViewState();
  const [dragged, setDragged] = useState<number | null>(null);
  const order = heldInOrder(state);
  if (order.length === 0) return null;
  const move = (seq: number, to: number): void => {
    const others = order.filter((each) => each !== seq);
    const at = Math.max(0, Math.min(others.length, to));
    view.act({ type: 'order-held', seqs: [...others.slice(0, at), seq, ...others.slice(at)] });
  };
  const drop = (event: DragEvent, at: number): void => {
    event.preventDefault();
    if (dragged !== null) move(dragged, at);
    setDragged(null);
  };
  return (
    <section className="held" aria-label="Held deliveries">
      <h2>Held, in the order they go</h2>
      <ol>
        {order.map((seq, at) => (
          <li
            key={seq}
            draggable
            onDragStart={() => setDragged(seq)}
            onDragEnd={() => setDragged(null)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => drop(event, at)}
          >
            <button
              type="button"
              title="Open it; Alt with ↑ or ↓ moves it"
              onClick={() => view.dispatch({ type: 'open-seq', seq })}
              onKeyDown={(event) => {
                if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
                event.preventDefault();
                move(seq, at + (event.key === 'ArrowUp' ? -1 : 1));
              }}
            >
              ⠿ #{seq}
            </button>
            <button
              type="button"
              aria-label={`Let #${seq} go`}
              onClick={() => void session.run('release', { id: String(seq) }).catch(view.failed)}
            >
              let go
            </button>
          </li>
        ))}
      </ol>
      <CommandButton command="let-all-go">Let all go in this order</CommandButton>
    </section>
  );
}
