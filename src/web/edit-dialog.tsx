import { useState } from 'react';
import type { HeaderPair } from '../core/delivery.ts';
import type { BodyRecord, DeliveryRecord } from '../core/record.ts';
import { type Difference, headerChanges, textDifference } from '../core/text-diff.ts';
import { formatSize } from '../core/units.ts';
import type { Draft } from '../view/edit-replay.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { CodeEditor } from './code-editor.tsx';
import { Sides } from './difference.tsx';
import { type EditedHeader, HeaderTable, headerProblem } from './header-table.tsx';
import { useModal } from './modal.ts';
import './edit-dialog.css';

interface Props {
  request: Pick<DeliveryRecord, 'headers' | 'body'>;
  done(answer: Draft | 'unchanged' | null): void;
}

/** Rewrites a request: headers as a table, the body in an editor, and what differs before it is sent. */
export function EditDialog({ request, done }: Props) {
  const dialog = useModal(true);
  const [headers, setHeaders] = useState<readonly EditedHeader[]>(() =>
    request.headers.map(([name, value], id) => ({ id, name, value })),
  );
  const [text, setText] = useState(request.body.encoding === 'utf8' ? request.body.data : null);
  const [step, setStep] = useState<'edit' | 'review' | 'leave'>('edit');

  const pairs = headers.map(({ name, value }): [string, string] => [name.trim(), value.trim()]);
  const before = bytesOf(request.body);
  const after = text === null ? before : new TextEncoder().encode(text);
  const problem = headers.map(headerProblem).find((found) => found !== null) ?? null;
  const changed = !same(before, after) || JSON.stringify(pairs) !== JSON.stringify(request.headers);
  const send = (): void => done(changed ? { headers: pairs, body: toBase64(after) } : 'unchanged');
  const leave = (): void => (changed ? setStep('leave') : done(null));

  return (
    <dialog
      ref={dialog}
      className="sheet edit"
      aria-label="Edit and replay"
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      // A browser closes it all the same when Esc is pressed twice.
      onClose={() => done(null)}
    >
      <header>
        <h2>{step === 'review' ? 'What is going to be different' : 'Edit and replay'}</h2>
        <p className="dim">Secrets are readable here: what is sent has to hold them.</p>
      </header>
      {/* Hidden, not taken away: the editor keeps its history. */}
      <div className={step === 'edit' ? 'edit-parts' : 'gone'}>
        <HeaderTable headers={headers} onChange={setHeaders} />
        <section className="edit-body" aria-label="Body">
          <h3>Body</h3>
          {text === null ? (
            <p className="hint">
              {formatSize(request.body.size)} that are no text: the body is sent as it is.
            </p>
          ) : (
            <CodeEditor text={text} json={isJson(text)} label="Body" onChange={setText} />
          )}
        </section>
      </div>
      {step === 'review' && (
        <div className="scroll" tabIndex={0} role="group" aria-label="Differences">
          <Sides
            title="Request"
            before="as it came"
            after="as it will be sent"
            difference={draftDifference(request.headers, before, pairs, after)}
          />
        </div>
      )}
      {step === 'leave' && <p className="scroll">Leave, and lose what was changed?</p>}
      <div className="dialog-actions">
        {problem !== null && (
          <p role="alert" className="problem">
            {problem}
          </p>
        )}
        <Buttons {...{ step, setStep, changed, problem, send, leave }} discard={() => done(null)} />
      </div>
    </dialog>
  );
}

interface ButtonsProps {
  step: 'edit' | 'review' | 'leave';
  setStep(step: 'edit' | 'review'): void;
  changed: boolean;
  problem: string | null;
  send(): void;
  leave(): void;
  discard(): void;
}

function Buttons({ step, setStep, changed, problem, send, leave, discard }: ButtonsProps) {
  const back = (
    <button type="button" onClick={() => setStep('edit')}>
      Go on editing
    </button>
  );
  if (step === 'leave')
    return (
      <>
        {back}
        <button type="button" className="danger" onClick={discard}>
          Leave
        </button>
      </>
    );
  if (step === 'review')
    return (
      <>
        {back}
        <button type="button" className="primary" onClick={send}>
          Send
        </button>
      </>
    );
  return (
    <>
      <button type="button" onClick={leave}>
        Cancel
      </button>
      <button
        type="button"
        className="primary"
        disabled={problem !== null || !changed}
        title={changed ? undefined : 'Nothing is changed yet'}
        onClick={() => setStep('review')}
      >
        See what differs, then send …
      </button>
    </>
  );
}

/** What a draft changes of a request. */
function draftDifference(
  oldHeaders: readonly HeaderPair[],
  before: Uint8Array,
  newHeaders: readonly HeaderPair[],
  after: Uint8Array,
): Difference {
  return {
    start: null,
    headers: headerChanges(oldHeaders, newHeaders),
    body: same(before, after) ? { kind: 'same' } : textDifference(before, after),
  };
}

const bytesOf = ({ encoding, data }: BodyRecord): Uint8Array =>
  encoding === 'utf8' ? new TextEncoder().encode(data) : fromBase64(data);

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const isJson = (text: string): boolean => /^\s*[[{"]/.test(text);
