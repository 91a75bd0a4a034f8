import { printable } from '../core/text.ts';
import { useModal } from './modal.ts';
import { usePage, useViewState } from './page.ts';

/** What was just done or went wrong, and a question that must be answered. */
export function Notices() {
  const { view } = usePage();
  const { notice, question } = useViewState();
  const dialog = useModal(question !== null);
  return (
    <>
      <div role="status" className="notices">
        {notice && notice.text !== '' && <p className={`notice ${notice.tone}`}>{printable(notice.text)}</p>}
      </div>
      {question && (
        <dialog ref={dialog} onCancel={() => view.act({ type: 'answer', yes: false })} aria-label="Question">
          <p>{question.text}</p>
          <div className="dialog-actions">
            <button type="button" onClick={() => view.act({ type: 'answer', yes: false })}>
              No
            </button>
            <button type="button" className="danger" onClick={() => view.act({ type: 'answer', yes: true })}>
              Yes
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}
