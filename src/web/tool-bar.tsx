import { Activity } from './activity.tsx';
import { CommandButton } from './command-button.tsx';
import { ImportButton } from './importing.tsx';
import { useViewState } from './page.ts';
import './tool-bar.css';

/** What is done to what comes in and to what came, and how much comes. */
export function ToolBar() {
  const { status } = useViewState();
  return (
    <section className="tool-bar" aria-label="Commands">
      <div className="tools">
        <CommandButton command="trigger">New delivery</CommandButton>
        <CommandButton command="faults" pressed={status.faults !== ''}>
          Faults{status.faults && <span className="badge warn">!</span>}
        </CommandButton>
        <CommandButton command="hold" pressed={status.holding}>
          {status.holding ? 'Holding' : 'Hold'}
          {status.held.length > 0 && <span className="badge warn">{status.held.length}</span>}
        </CommandButton>
        <CommandButton command="export">Export</CommandButton>
        <ImportButton />
        <CommandButton command="clear" className="danger">
          Clear
        </CommandButton>
      </div>
      <Activity />
    </section>
  );
}
