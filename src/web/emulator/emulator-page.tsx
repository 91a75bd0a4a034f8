import { type FormEvent, useState } from 'react';
import { UserError } from '../../core/errors.ts';
import { listTime } from '../../core/time.ts';
import { formatDuration } from '../../core/units.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../runtime/commands/index.ts';
import { useAsked } from '../asked.ts';
import { Link } from '../link.tsx';
import { usePage, useViewState } from '../page.ts';
import { Text } from '../text.tsx';
import './emulator.css';

type Job = CommandResult<'emulated-jobs'>['jobs'][number];

/** The emulator: its jobs, its faults, its Svix endpoints. */
export default function EmulatorPage() {
  const { emulator } = useViewState().status;
  if (emulator === null) return <NoEmulator />;
  return (
    <div className="emulator-page" tabIndex={0} role="group" aria-label="Emulator">
      <p>
        Your app has its jobs from here: <code>REDUCTO_BASE_URL={emulator.url}</code>{' '}
        <span className="dim">
          · {emulator.running} running, {emulator.ended} ended since it was started
        </span>
      </p>
      <Faults active={emulator.faults} />
      <Endpoints />
      <Jobs />
    </div>
  );
}

function NoEmulator() {
  return (
    <div className="hint">
      <h2>No emulator runs</h2>
      <p>
        It is the Reducto API on this machine: jobs, results and webhooks, without account and network. Start
        it with
      </p>
      <pre>npx reducto-webhook-dev listen --emulate</pre>
      <p>and your app with REDUCTO_BASE_URL set to the URL that it prints.</p>
    </div>
  );
}

/** Runs a command, and tells what went wrong. @returns the last problem, and what runs one */
function useCommand() {
  const { session, view } = usePage();
  const [problem, setProblem] = useState<string | null>(null);
  const run = async <K extends CommandId>(id: K, args: CommandArgs<K>): Promise<CommandResult<K> | null> => {
    setProblem(null);
    try {
      return await session.run(id, args);
    } catch (error) {
      if (error instanceof UserError) setProblem(error.message);
      else view.failed(error);
      return null;
    }
  };
  return { problem, run };
}

const Problem = ({ text }: { text: string | null }) =>
  text === null ? null : (
    <p className="problem" role="alert">
      <Text of={text} />
    </p>
  );

function Faults({ active }: { active: string }) {
  const { problem, run } = useCommand();
  const [text, setText] = useState('');
  const set = (faults: string): void => void run('emulator-faults', { set: faults }).catch(reportError);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set(text);
  };
  return (
    <section aria-label="Faults">
      <h2>Faults of its API</h2>
      <p className={active === '' ? 'dim' : 'warn'}>
        {active === '' ? 'Nothing goes wrong on purpose.' : `At work: ${active}`}
      </p>
      <form className="line" onSubmit={submit}>
        <label htmlFor="emulator-faults">Faults</label>
        <input
          id="emulator-faults"
          placeholder="429:20% GET /job:5xx:3 delay=0-500ms"
          spellCheck={false}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit">Set</button>
        <button type="button" disabled={active === ''} onClick={() => set('')}>
          Clear
        </button>
      </form>
      <Problem text={problem} />
    </section>
  );
}

function Endpoints() {
  const { session } = usePage();
  const { secrets } = useViewState();
  const { problem, run } = useCommand();
  const key = `endpoints-${secrets}`;
  const asked = useAsked(() => session.run('svix-endpoints', { secrets }), key, ['endpoints']);
  const [url, setUrl] = useState('');
  const [fresh, setFresh] = useState<string | null>(null);
  const add = async (): Promise<void> => {
    const before = new Set(asked.value?.endpoints.map(({ id }) => id));
    const added = await run('svix-endpoints', { add: url });
    if (added === null) return;
    setUrl('');
    // Nobody knows it yet, and it is shown only now.
    setFresh(added.endpoints.find(({ id }) => !before.has(id))?.secret ?? null);
    asked.again();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void add().catch(reportError);
  };
  const remove = async (id: string): Promise<void> => {
    if ((await run('svix-endpoints', { remove: id })) !== null) asked.again();
  };
  return (
    <section aria-label="Svix endpoints">
      <h2>Svix endpoints</h2>
      <ul className="endpoints">
        {asked.value?.endpoints.map(({ id, url: to, channels, secret }) => (
          <li key={id}>
            <code>
              <Text of={to} />
            </code>{' '}
            <span className="dim">
              {channels && channels.length > 0 ? `only ${channels.join(', ')} · ` : ''}
              <Text of={secret} />
            </span>{' '}
            <button
              type="button"
              aria-label={`Remove ${to}`}
              onClick={() => void remove(id).catch(reportError)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <form className="line" onSubmit={submit}>
        <label htmlFor="svix-url">New endpoint</label>
        <input
          id="svix-url"
          placeholder="http://localhost:3000/webhook"
          spellCheck={false}
          value={url}
          onChange={({ target }) => setUrl(target.value)}
        />
        <button type="submit" disabled={url.trim() === ''}>
          Add
        </button>
      </form>
      {fresh !== null && (
        <p className="note" role="status">
          Its secret, shown once: <code>{fresh}</code>
        </p>
      )}
      <Problem text={problem ?? asked.problem} />
    </section>
  );
}

function Jobs() {
  const { session } = usePage();
  const { secrets } = useViewState();
  const { problem, run } = useCommand();
  const [limit, setLimit] = useState(50);
  const key = `jobs-${limit}-${secrets}`;
  const { value } = useAsked(() => session.run('emulated-jobs', { limit, secrets }), key, ['job', 'fetch']);
  const jobs = value?.jobs ?? [];
  return (
    <section aria-label="Jobs">
      <h2>Jobs</h2>
      <Problem text={problem} />
      {value && jobs.length === 0 && (
        <p className="dim">
          No job yet: submit one from your app, or with reducto-webhook-dev submit file.pdf --emulator
        </p>
      )}
      <ul className="jobs">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} run={(id, args) => void run(id, args as never).catch(reportError)} />
        ))}
      </ul>
      {jobs.length === limit && (
        <button type="button" onClick={() => setLimit(limit * 4)}>
          Show more
        </button>
      )}
    </section>
  );
}

const tones: Readonly<Record<string, string>> = { Completed: 'good', Failed: 'bad', Cancelled: 'warn' };

function JobRow({ job, run }: { job: Job; run(id: CommandId, args: Record<string, unknown>): void }) {
  const { id, type, status, reason, createdAt, endedAt, fetches, webhook, webhookState } = job;
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <span className="dim">{listTime(createdAt)}</span> <b>{type}</b>{' '}
          <span className={tones[status] ?? 'accent'}>{status}</span> <code>{id}</code>{' '}
          <span className="dim">
            {endedAt === null ? '' : `after ${formatDuration(endedAt - createdAt)} · `}
            {fetches === 1 ? 'fetched once' : `fetched ${fetches} times`}
            {reason !== null && ' · '}
            {reason !== null && <Text of={reason} />}
          </span>
        </summary>
        <p>
          Webhook: <Text of={webhook ?? 'none'} />{' '}
          <span className="dim">{webhook === null ? '' : (webhookState ?? 'not yet')}</span>
        </p>
        {open && <Fetches id={id} />}
        <p className="actions">
          {endedAt === null &&
            (['Completed', 'Failed', 'Cancelled'] as const).map((end) => (
              <button key={end} type="button" onClick={() => run('end-job', { id, status: end })}>
                {end === 'Completed' ? 'Complete' : end === 'Failed' ? 'Fail' : 'Cancel it'}
              </button>
            ))}
          <button type="button" className="danger" onClick={() => run('expire-job', { id })}>
            Expire
          </button>
        </p>
      </details>
    </li>
  );
}

/** Each fetch of a job, by which run of the handler. */
function Fetches({ id }: { id: string }) {
  const { session } = usePage();
  const { value } = useAsked(() => session.run('emulated-jobs', { id }), `fetches-${id}`, ['fetch']);
  const [job] = value?.jobs ?? [];
  if (!job || !('fetchedBy' in job) || job.fetchedBy.length === 0)
    return <p className="dim">It was not fetched yet.</p>;
  return (
    <ul className="fetches">
      {job.fetchedBy.map(({ at, status, userAgent, run }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: fetches have no other name
        <li key={i}>
          {listTime(at)} <span className={status === 200 ? 'good' : 'bad'}>{status ?? 'no answer'}</span>{' '}
          {run ? (
            <>
              by the handler's run for <Link to={`/d/${run.deliverySeq}`}>#{run.deliverySeq}</Link>
              {run.by === 'time' && <span className="dim"> (by time)</span>}
            </>
          ) : (
            <span className="dim">by nobody known</span>
          )}{' '}
          <span className="dim">
            <Text of={userAgent ?? ''} />
          </span>
        </li>
      ))}
    </ul>
  );
}
