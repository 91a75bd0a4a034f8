import { createRoot } from 'react-dom/client';
import { createView } from '../view/controller.ts';
import { App } from './app.tsx';
import { WebSession } from './connection.ts';
import { Cursor } from './cursor.ts';
import { pageHost } from './host.ts';
import { overscan, rowHeight } from './list-row.tsx';
import { Locked } from './locked.tsx';
import { RankList } from './ranks.ts';
import { applyTheme } from './theme.ts';
import { isNarrow } from './width.ts';
import './style.css';

applyTheme();
const root = createRoot(document.getElementById('root')!);
const session = await WebSession.open(Math.ceil(screen.height / rowHeight) + overscan);
if (session.link === 'locked') {
  root.render(<Locked />);
  // Let in meanwhile, in another tab.
  session.onLink(() => session.link === 'open' && location.reload());
} else {
  const view = createView(session, { ...pageHost, ...(await session.page()) });
  const list = new RankList(session, view.failed);
  // Where there is room for one pane only, a delivery is opened by Enter.
  const cursor = new Cursor(list, (seq) => isNarrow() || view.act({ type: 'open-seq', seq }));
  // What was missed is gone: the opened delivery may be another one by now, too.
  session.onReset(() => {
    const seq = view.state().detail?.seq;
    const changed = new Set(seq === undefined ? [] : [seq]);
    view.dispatch({
      type: 'happened',
      events: { arrived: [], changed, removed: true },
      status: session.status(),
      now: Date.now(),
    });
  });
  view.done.catch((error: unknown) => view.notify(`This is a bug: ${String(error)}`, 'bad'));
  root.render(<App {...{ session, view, list, cursor }} />);
}
