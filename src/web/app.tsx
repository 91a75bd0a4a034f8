import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';
import { AttemptsPane } from './attempts-pane.tsx';
import { CommandButton } from './command-button.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { DetailPane } from './detail-pane.tsx';
import { editing } from './editing.ts';
import { FilterBar } from './filter-bar.tsx';
import { FormDialog } from './form-dialog.tsx';
import { HeldQueue } from './held-queue.tsx';
import { ImportDrop } from './importing.tsx';
import { usePageKeys } from './keys.ts';
import { News } from './news.tsx';
import { Notices } from './notices.tsx';
import { type Page, PageContext, useViewState } from './page.ts';
import { usePlace } from './place.ts';
import { useRoute } from './route.ts';
import { Sheet } from './sheet.tsx';
import { ToolBar } from './tool-bar.tsx';
import { TopBar } from './top-bar.tsx';
import { useNarrow } from './width.ts';

/** The whole page. */
export function App(page: Page) {
  return (
    <PageContext value={page}>
      <Screen page={page} />
    </PageContext>
  );
}

function Screen({ page }: { page: Page }) {
  const { view, list } = page;
  const { filter, secrets, detail } = useViewState();
  const narrow = useNarrow();
  const place = usePlace();
  // On a narrow screen a delivery has all of it.
  const listed = place === 'deliveries' && !(narrow && detail);
  useRoute(view);
  usePageKeys(page);
  useEffect(() => list.ask({ filter: filter.applied, secrets }), [list, filter.applied, secrets]);
  return (
    <div className="app">
      <TopBar />
      {listed && <FilterBar />}
      {listed && (
        <div>
          <ToolBar />
          <HeldQueue />
        </div>
      )}
      <main className="panes">
        {place !== 'deliveries' ? (
          <Suspense fallback={<p className="hint">Loading …</p>}>
            {place === 'check' ? <CheckPage /> : <EmulatorPage />}
          </Suspense>
        ) : narrow ? (
          detail ? (
            <Opened />
          ) : (
            <DeliveryList />
          )
        ) : (
          <Panes />
        )}
      </main>
      <News />
      <Notices />
      <FormDialog />
      <Sheet />
      <EditingDialog />
      <ImportDrop />
    </div>
  );
}

/** Loaded when they are first opened. */
const CheckPage = lazy(() => import('./check/check-page.tsx'));
const EmulatorPage = lazy(() => import('./emulator/emulator-page.tsx'));

function EditingDialog() {
  const now = useSyncExternalStore(editing.subscribe, editing.state);
  return now && <now.Dialog request={now.request} done={now.done} />;
}

/** On a narrow screen: one delivery, with its attempts below. */
function Opened() {
  return (
    <div className="opened">
      <nav className="back" aria-label="Back">
        <CommandButton command="back-to-list">← All deliveries</CommandButton>
      </nav>
      <DetailPane />
      <AttemptsPane />
    </div>
  );
}

function Panes() {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({ id: 'panes', storage: localStorage });
  return (
    <Group
      id="panes"
      orientation="horizontal"
      defaultLayout={defaultLayout}
      onLayoutChanged={onLayoutChanged}
    >
      <Panel id="list" defaultSize="42%" minSize="20%">
        <DeliveryList />
      </Panel>
      <Separator className="handle" aria-label="Width of the list" />
      <Panel id="detail" defaultSize="32%" minSize="18%">
        <DetailPane />
      </Panel>
      <Separator className="handle" aria-label="Width of the attempts" />
      <Panel id="attempts" defaultSize="26%" minSize="15%">
        <AttemptsPane />
      </Panel>
    </Group>
  );
}
