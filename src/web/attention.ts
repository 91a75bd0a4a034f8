import { useEffect, useState } from 'react';
import type { DeliverySummary } from '../core/record.ts';
import type { SessionEvent } from '../core/session.ts';
import { printable } from '../core/text.ts';
import { listRow } from '../view/row.ts';
import iconUrl from './icon.svg';
import unseenUrl from './icon-unseen.svg';
import type { Page } from './page.ts';

/** ms that news are gathered before they are told: nobody listens to 500 a second. */
const gatherMs = 1500;
const title = document.title;

/** What a screen reader is told of new deliveries. */
export function useNews(page: Page): string {
  const [news, setNews] = useState('');
  useEffect(
    () =>
      gathered(page, async ({ arrived }) => {
        if (arrived.length === 0) return;
        const [row] = await rowsOf(page, arrived.slice(-1));
        const many =
          arrived.length === 1 ? '' : `${arrived.length.toLocaleString('en')} new deliveries, the newest: `;
        setNews(row ? many + inWords(row) : `${arrived.length.toLocaleString('en')} new deliveries`);
      }),
    [page],
  );
  return news;
}

/** Has title and icon of a page that is not looked at tell how many came. */
export function useUnseen({ session }: Page): void {
  useEffect(() => {
    let unseen = 0;
    const tell = (): void => {
      document.title = unseen === 0 ? title : `(${unseen.toLocaleString('en')}) ${title}`;
      document.querySelector<HTMLLinkElement>('link[rel=icon]')!.href = unseen === 0 ? iconUrl : unseenUrl;
    };
    const seen = (): void => {
      if (document.hidden || unseen === 0) return;
      unseen = 0;
      tell();
    };
    const end = session.subscribe(({ type }) => {
      if (type !== 'delivery' || !document.hidden) return;
      unseen += 1;
      tell();
    });
    document.addEventListener('visibilitychange', seen);
    return () => {
      end();
      document.removeEventListener('visibilitychange', seen);
    };
  }, [session]);
}

const key = 'notify';

/** Whether the user wants to be told of failures, and the browser lets us. */
export const notifies = (): boolean =>
  'Notification' in window && Notification.permission === 'granted' && localStorage.getItem(key) === 'yes';

/** Turns notifications on, which the browser may have to be asked for, or off. @returns whether they are on */
export async function turnNotifications(on: boolean): Promise<boolean> {
  if (on && Notification.permission === 'default') await Notification.requestPermission();
  localStorage.setItem(key, on && Notification.permission === 'granted' ? 'yes' : 'no');
  return notifies();
}

/** Has the browser tell of deliveries that the app failed at, while the page is not looked at. */
export function useFailureNotifications(page: Page): void {
  useEffect(
    () =>
      gathered(page, async ({ changed }) => {
        if (changed.length === 0 || !document.hidden || !notifies()) return;
        const failed = (await rowsOf(page, changed)).filter(isFailed);
        const [first] = failed;
        if (!first) return;
        const others = failed.length > 1 ? ` and ${failed.length - 1} more` : '';
        const notification = new Notification(`The app failed at #${first.seq}${others}`, {
          body: inWords(first),
          tag: 'failure',
        });
        notification.onclick = () => {
          window.focus();
          page.view.dispatch({ type: 'open-seq', seq: first.seq });
        };
      }),
    [page],
  );
}

const isFailed = ({ lastAttempt }: DeliverySummary): boolean =>
  lastAttempt !== null &&
  lastAttempt.label !== 'pending' &&
  !(lastAttempt.status! >= 200 && lastAttempt.status! < 300);

function inWords(row: DeliverySummary): string {
  const { status, job, outcome } = listRow(row, Date.now());
  return printable(`#${row.seq} ${status.text}, job ${job}, ${outcome.text}`);
}

async function rowsOf({ session }: Page, seqs: readonly number[]): Promise<readonly DeliverySummary[]> {
  const [low, high] = [Math.min(...seqs.slice(-1000)), Math.max(...seqs.slice(-1000))];
  const { deliveries } = await session.run('list', { after: low - 1, before: high + 1, limit: 1000 });
  const wanted = new Set(seqs);
  return deliveries.filter(({ seq }) => wanted.has(seq));
}

/** Calls `tell` with what came and what changed, gathered. @returns ends it */
function gathered(
  { session, view }: Page,
  tell: (news: { arrived: number[]; changed: number[] }) => Promise<void>,
): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let arrived: number[] = [];
  let changed = new Set<number>();
  const end = session.subscribe((event: SessionEvent) => {
    if (event.type === 'delivery') arrived.push(event.seq);
    else if (event.type === 'attempt') changed.add(event.seq);
    else return;
    timer ??= setTimeout(() => {
      timer = null;
      const news = { arrived, changed: [...changed] };
      arrived = [];
      changed = new Set();
      tell(news).catch(view.failed);
    }, gatherMs);
  });
  return () => {
    end();
    if (timer !== null) clearTimeout(timer);
  };
}
