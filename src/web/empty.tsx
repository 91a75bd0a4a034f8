import { useState } from 'react';
import type { Status } from '../core/session.ts';
import { Copy } from './copy.tsx';
import { usePage, useViewState } from './page.ts';

/** Ways to get a first delivery, by what each is written in: a job of this user, or without a public URL what comes from here. */
function snippets({ tunnel, receiverUrl, emulator }: Status): Record<string, string> {
  const trigger = 'reducto-webhook-dev trigger parse.completed --metadata user_id=7';
  const { url } = tunnel;
  if (url !== null)
    return {
      curl: submit('https://platform.reducto.ai', url),
      Python: `from reducto import Reducto

Reducto().parse.run_job(
    input="https://pdfobject.com/pdf/sample.pdf",
    async_={"webhook": {"mode": "direct", "url": "${url}"}},
)`,
      Node: `import Reducto from 'reductoai';

await new Reducto().parse.runJob({
  input: 'https://pdfobject.com/pdf/sample.pdf',
  async: { webhook: { mode: 'direct', url: '${url}' } },
});`,
      trigger,
    };
  return {
    curl:
      emulator === null
        ? `curl ${receiverUrl} -H "Content-Type: application/json" \\
  -d '{"status": "Completed", "job_id": "test-1", "metadata": {"user_id": 7}}'`
        : submit(emulator.url, receiverUrl),
    trigger,
  };
}

/** A job, submitted by hand. */
const submit = (api: string, webhook: string): string => `curl ${api}/parse_async \\
  -H "Authorization: Bearer $REDUCTO_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"input": "https://pdfobject.com/pdf/sample.pdf",
       "async": {"webhook": {"mode": "direct", "url": "${webhook}"}}}'`;

/** What to do when there is nothing yet. */
export function Empty({ filtered }: { filtered: boolean }) {
  const { view } = usePage();
  const { status } = useViewState();
  const [language, setLanguage] = useState('curl');
  if (filtered)
    return (
      <section className="pane empty" aria-label="Deliveries">
        <h2>Nothing matches the filter</h2>
        <button type="button" onClick={() => view.dispatch({ type: 'filter', query: '' })}>
          Remove the filter
        </button>
      </section>
    );
  const url = status.tunnel.url ?? status.receiverUrl;
  const ways = snippets(status);
  const text = ways[language] ?? ways.curl!;
  return (
    <section className="pane empty" aria-label="Deliveries">
      <h2>Waiting for the first delivery</h2>
      <p>
        {status.tunnel.url === null
          ? 'There is no public URL yet: only this machine reaches this one:'
          : 'Have Reducto call this URL when a job is done:'}
        <br />
        <code className="url">{url}</code> <Copy text={url} label="Copy the URL" />
      </p>
      <div role="tablist" aria-label="Ways to get one">
        {Object.keys(ways).map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            aria-selected={ways[each] === text}
            onClick={() => setLanguage(each)}
          >
            {each}
          </button>
        ))}
      </div>
      <div className="snippet">
        <pre>{text}</pre>
        <Copy text={text} label="Copy the snippet" />
      </div>
      <p>
        <button type="button" className="primary" onClick={() => view.act({ type: 'run', task: 'trigger' })}>
          Make a delivery now
        </button>
      </p>
    </section>
  );
}
