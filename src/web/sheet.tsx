import { printable } from '../core/text.ts';
import type { HelpSection, SheetContent } from '../view/state.ts';
import { Rows } from './check/run-rows.tsx';
import { Copy } from './copy.tsx';
import { DifferenceView } from './difference.tsx';
import { JobView } from './job-view.tsx';
import { useModal } from './modal.ts';
import { usePage, useViewState } from './page.ts';
import { safeLines } from './text.tsx';

/** A page over everything else: help, a job, a difference. */
export function Sheet() {
  const { view } = usePage();
  const { sheet } = useViewState();
  const dialog = useModal(sheet !== null);
  if (!sheet) return null;
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-label={printable(sheet.title)}
      onCancel={() => view.act({ type: 'back' })}
    >
      <header>
        <h2>{printable(sheet.title)}</h2>
        <button type="button" onClick={() => view.act({ type: 'back' })}>
          Close
        </button>
      </header>
      <div className="scroll" tabIndex={0} role="group" aria-label="Content">
        <Content {...sheet.content} />
      </div>
    </dialog>
  );
}

function Content(content: SheetContent) {
  switch (content.kind) {
    case 'help':
      return <Help sections={content.sections} />;
    case 'text':
      if (content.job !== undefined) return <JobView job={content.job} />;
      return (
        <>
          <Copy text={content.text} label="Copy it all">
            Copy
          </Copy>
          <pre className="raw">{safeLines(content.text)}</pre>
        </>
      );
    case 'check':
      return <Rows rows={content.run.rows} />;
    case 'difference':
      return <DifferenceView {...content} />;
  }
}

function Help({ sections }: { sections: readonly HelpSection[] }) {
  return sections.map(({ title, remark, rows }) => (
    <section key={title}>
      <h3>
        {title}
        {remark && <span className="dim"> ({remark})</span>}
      </h3>
      <table className="keys">
        <tbody>
          {rows.map(([keys, help]) => (
            <tr key={keys + help}>
              <th scope="row">{keys}</th>
              <td>{help}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  ));
}
