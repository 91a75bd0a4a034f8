import type { DeliveryDetail, DeliverySummary } from '../core/record.ts';
import { fullTime } from '../core/time.ts';
import { formatSize } from '../core/units.ts';
import { tabs } from '../view/detail.ts';
import { statusCell } from '../view/row.ts';
import { BodyView, Hex, RawText } from './body-view.tsx';
import { CommandButton } from './command-button.tsx';
import { Copy } from './copy.tsx';
import { Headers } from './headers.tsx';
import { usePage, useViewState } from './page.ts';
import { Text } from './text.tsx';
import { Timeline } from './timeline.tsx';

const shown = tabs.filter((tab) => tab !== 'attempts');

/** One delivery in full. */
export function DetailPane() {
  const { view, list } = usePage();
  const { detail } = useViewState();
  if (!detail)
    return (
      <section className="pane detail" aria-label="Delivery">
        <p className="hint">Choose a delivery on the left to see what was sent.</p>
      </section>
    );
  const tab = detail.tab === 'attempts' ? 'payload' : detail.tab;
  // What its row has told is there at once, where much comes a tenth of a second before the answer.
  const delivery = detail.data?.delivery ?? list.known(detail.seq);
  return (
    <section className="pane detail" aria-label={`Delivery #${detail.seq}`}>
      {delivery && <Head delivery={delivery} />}
      <div role="tablist" aria-label="Parts of the delivery" className="tabs">
        {shown.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={each === tab}
            aria-controls="tab-panel"
            onClick={() => view.act({ type: 'tab', tab: each })}
          >
            {each}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} className="scroll" tabIndex={0}>
        {detail.data ? <Tab tab={tab} data={detail.data} /> : <p className="hint">Loading …</p>}
      </div>
    </section>
  );
}

function Head({ delivery }: { delivery: DeliverySummary }) {
  const status = statusCell(delivery);
  return (
    <header className="head">
      <h2>
        #{delivery.seq} <span className={status.tone}>{status.text}</span>{' '}
        {delivery.jobId !== null && (
          <>
            <Text of={delivery.jobId} /> <Copy text={delivery.jobId} label="Copy the job id" />
          </>
        )}
      </h2>
      <p className="facts">
        <Text of={`${delivery.method} ${delivery.target}`} /> · {formatSize(delivery.size)} ·{' '}
        {delivery.source} · <time>{fullTime(delivery.receivedAt)}</time>
      </p>
      <Verification {...delivery} />
      {delivery.note !== null && (
        <p className="note">
          <Text of={delivery.note} />
        </p>
      )}
      <div className="actions">
        <CommandButton command="replay" className="primary">
          Replay
        </CommandButton>
        <CommandButton command="replay-with-options">Replay with …</CommandButton>
        <CommandButton command="edit-and-replay">Edit …</CommandButton>
        <CommandButton command="duplicate">Duplicate</CommandButton>
        <CommandButton command="retry">Retry</CommandButton>
        <CommandButton command="copy-curl">Copy as curl</CommandButton>
        <CommandButton command="view-job">Job</CommandButton>
      </div>
    </header>
  );
}

function Verification({ verification: { secret, svix } }: DeliverySummary) {
  const ways = [
    { name: 'secret', way: secret },
    { name: 'Svix signature', way: svix },
  ].filter(({ way }) => way !== null);
  if (ways.length === 0) return null;
  return (
    <ul className="verification">
      {ways.map(({ name, way }) => (
        <li key={name} className={way!.verdict === 'ok' ? 'good' : 'bad'}>
          {way!.verdict === 'ok' ? '✓' : '✗'} {name}: <Text of={way!.reason} />
        </li>
      ))}
    </ul>
  );
}

function Tab({ tab, data }: { tab: string; data: DeliveryDetail }) {
  const { body, headers } = data.delivery;
  switch (tab) {
    case 'headers':
      return <Headers pairs={headers} />;
    case 'raw':
      return (
        <>
          <RawText body={body} />
          <Hex body={body} />
          <a href={`/api/deliveries/${data.delivery.seq}/body`} download>
            Download the body
          </a>
        </>
      );
    case 'timeline':
      return <Timeline data={data} />;
    default:
      return <BodyView body={body} />;
  }
}
