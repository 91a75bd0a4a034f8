import { useState, useSyncExternalStore } from 'react';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';
import {
  endpointLook,
  ruleText,
  tunnelFacts,
  tunnelLook,
  tunnelTrouble,
  verificationText,
} from '../view/status.ts';
import { Copy } from './copy.tsx';
import { ImportBanner } from './importing.tsx';
import { NotifyButton } from './news.tsx';
import { usePage, useViewState } from './page.ts';
import { goTo, type Place, usePlace } from './place.ts';
import { applyTheme, chosenTheme, type Theme } from './theme.ts';
import { WorkBanner } from './work-banner.tsx';

/** Where deliveries come in, where they go, and whatever is wrong with that. */
export function TopBar() {
  const { view, session } = usePage();
  const { status, now, secrets } = useViewState();
  const link = useSyncExternalStore(session.onLink, () => session.link);
  const look = tunnelLook[status.tunnel.state];
  const trouble = tunnelTrouble(status, now);
  // A run of the checks has its own progress where it is shown.
  const onCheck = usePlace() === 'check';
  const shownWork = status.work.filter(({ id }) => !(onCheck && id === status.check?.workId));
  return (
    <header className="top">
      <h1>reducto-webhook-dev</h1>
      <Places />
      <div className="flow">
        <span className={look.tone} title={`tunnel ${status.tunnel.state}`}>
          {look.symbol}
        </span>{' '}
        {status.tunnel.url === null ? (
          <span className="dim">
            {status.tunnel.state === 'off' ? 'no tunnel' : `tunnel ${status.tunnel.state}`}
          </span>
        ) : (
          <>
            <code className="url">{printable(status.tunnel.url)}</code>
            <Copy text={status.tunnel.url} label="Copy the public URL" />
            {status.tunnel.latencyMs !== null && (
              <span className="dim" title={printable(tunnelFacts(status))}>
                {' '}
                {formatDuration(status.tunnel.latencyMs)}
              </span>
            )}
          </>
        )}
        <span className="dim"> → {status.receiverUrl.replace('http://', '')} → </span>
        {status.endpoints.length === 0 ? (
          <span className="dim">no app: captured, answered 200</span>
        ) : (
          status.endpoints.map(({ name, state, reason }) => (
            <span key={name} title={reason ?? undefined}>
              {printable(name)} <span className={endpointLook[state].tone}>
                {endpointLook[state].text}
              </span>{' '}
            </span>
          ))
        )}
        <span className="dim facts">
          {verificationText(status.verification)} · ack: {status.ack}
          {status.emulator && ` · emulator ${status.emulator.url.replace('http://', '')}`}
        </span>
      </div>
      <div className="tools">
        <button
          type="button"
          aria-pressed={secrets}
          onClick={() => view.act({ type: 'toggle-secrets' })}
          title="s"
        >
          {secrets ? 'Secrets shown' : 'Secrets hidden'}
        </button>
        <NotifyButton />
        <ThemeButton />
        <button type="button" onClick={() => view.act({ type: 'help' })} aria-label="Keys and help" title="?">
          ?
        </button>
      </div>
      {link !== 'open' && (
        <p className="banner bad" role="alert">
          {link === 'locked'
            ? 'This browser is not let in any more: open the link that the terminal shows.'
            : 'The connection to the tool is lost: trying again …'}
        </p>
      )}
      {trouble !== null && <p className="banner warn">{printable(trouble)}</p>}
      {status.storeProblem !== null && (
        <p className="banner bad">Deliveries are not stored: {printable(status.storeProblem)}</p>
      )}
      {status.faults !== '' && <p className="banner warn">On purpose, with what comes in: {status.faults}</p>}
      {status.rules.length > 0 && (
        <p className="banner">Rules: {status.rules.map((rule) => printable(ruleText(rule))).join(' · ')}</p>
      )}
      {status.banner.map((line) => (
        <p key={line} className="banner accent">
          {printable(line)}
        </p>
      ))}
      {shownWork.map((work) => (
        <WorkBanner key={work.id} {...work} />
      ))}
      <ImportBanner />
    </header>
  );
}

const places: readonly (readonly [Place, string])[] = [
  ['deliveries', 'Deliveries'],
  ['check', 'Check'],
  ['emulator', 'Emulator'],
];

function Places() {
  const place = usePlace();
  const { check } = useViewState().status;
  return (
    <nav className="places" aria-label="Places">
      {places.map(([id, title]) => (
        <button
          key={id}
          type="button"
          aria-current={id === place ? 'page' : undefined}
          onClick={() => goTo(id)}
        >
          {title}
          {id === 'check' && check !== null && <span className="accent"> ◌</span>}
        </button>
      ))}
    </nav>
  );
}

const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const signs: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme);
  const change = (): void => {
    applyTheme(next[theme]);
    setTheme(next[theme]);
  };
  return (
    <button type="button" onClick={change} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>
      {signs[theme]}
    </button>
  );
}
