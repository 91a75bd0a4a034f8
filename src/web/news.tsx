import { useState } from 'react';
import { notifies, turnNotifications, useFailureNotifications, useNews, useUnseen } from './attention.ts';
import { usePage } from './page.ts';

/** Tells of what comes to those who do not look: aloud, in the title, by the browser. */
export function News() {
  const page = usePage();
  const news = useNews(page);
  useUnseen(page);
  useFailureNotifications(page);
  return (
    <p className="hidden" role="status" aria-label="New deliveries">
      {news}
    </p>
  );
}

/** Asks to be told of failures while another window is looked at. */
export function NotifyButton() {
  const { view } = usePage();
  const [on, setOn] = useState(notifies);
  if (!('Notification' in window)) return null;
  const turn = async (): Promise<void> => {
    const is = await turnNotifications(!on);
    setOn(is);
    if (!on && !is) view.notify('The browser does not allow notifications for this page.', 'warn');
  };
  return (
    <button
      type="button"
      aria-pressed={on}
      title="Have the browser tell of failures while you look elsewhere"
      onClick={() => void turn().catch(view.failed)}
    >
      Notify
    </button>
  );
}
