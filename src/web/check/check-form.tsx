import { type FormEvent, useState } from 'react';
import type { CommandArgs } from '../../runtime/commands/index.ts';
import { usePage, useViewState } from '../page.ts';

/** A field of the form: an argument of `check`. */
interface Field {
  name: keyof CommandArgs<'check'> & string;
  label: string;
  help: string;
  /** `list`: several, a line each. */
  kind?: 'list' | 'switch' | 'secret';
}

const first: readonly Field[] = [
  { name: 'url', label: 'Handler', help: 'where its webhooks go, as in http://localhost:3000/webhook' },
  {
    name: 'effects',
    label: 'Effects, command',
    help: "a command that prints what your app has done, as in psql -tA -c 'select …'; one a line",
    kind: 'list',
  },
  { name: 'effectsUrl', label: 'Effects, URL', help: 'the same over HTTP; one a line', kind: 'list' },
  { name: 'start', label: 'Start', help: 'a command that starts your app: then it is crashed, too' },
];

const others: readonly Field[] = [
  { name: 'ready', label: 'Ready', help: 'a URL that answers once the app takes requests (with Start)' },
  {
    name: 'secret',
    label: 'Secret',
    help: 'expected metadata.secret; that of this tool when empty',
    kind: 'secret',
  },
  { name: 'svixSecret', label: 'Svix secret', help: 'whsec_…; that of this tool when empty', kind: 'secret' },
  {
    name: 'metadata',
    label: 'Metadata',
    help: 'of every job: user_id=7, document=$JOB_ID; one a line',
    kind: 'list',
  },
  { name: 'prepare', label: 'Prepare', help: 'a command that makes the app know a job ($JOB_ID) first' },
  { name: 'verify', label: 'Verify', help: 'your own assertion, run after each check' },
  {
    name: 'effectsIgnore',
    label: 'Ignore',
    help: 'parts of snapshots that are no effect (patterns); one a line',
    kind: 'list',
  },
  { name: 'effectTime', label: 'Time for an effect', help: 'as in 5s' },
  { name: 'timeout', label: 'Time for an answer', help: 'as in 15s' },
  {
    name: 'only',
    label: 'Only',
    help: 'these checks: duplicate-*, late-duplicate; one a line',
    kind: 'list',
  },
  { name: 'skip', label: 'Skip', help: 'all but these; one a line', kind: 'list' },
  { name: 'seed', label: 'Seed', help: 'repeat what was drawn' },
  { name: 'bail', label: 'Stop at the first error', help: '', kind: 'switch' },
];

const exploring: readonly Field[] = [
  { name: 'time', label: 'Time', help: 'search for so long, as in 60s' },
  { name: 'reset', label: 'Reset', help: "a command that puts the app's state back before each schedule" },
];

type Values = Record<string, string>;
const key = 'check-form';

/** What was filled in last; secrets are not kept. */
function remembered(): Values {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return kept !== null && typeof kept === 'object' ? (kept as Values) : {};
  } catch {
    return {}; // not what this page has written
  }
}

const secrets = new Set(others.filter(({ kind }) => kind === 'secret').map(({ name }) => name as string));

/** Starts a run of the checks, or an exploration. */
export function CheckForm({ started }: { started(running: Promise<{ id: number }>): void }) {
  const { session } = usePage();
  const { status } = useViewState();
  const [values, setValues] = useState<Values>(() => ({
    url: status.endpoints[0]?.name ?? '',
    ...remembered(),
  }));
  const explore = values.explore === 'true';
  const busy = status.check !== null;
  const fill = (name: string, value: string): void => {
    const next = { ...values, [name]: value };
    setValues(next);
    localStorage.setItem(
      key,
      JSON.stringify(Object.fromEntries(Object.entries(next).filter(([each]) => !secrets.has(each)))),
    );
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const fields = [...first, ...others, ...(explore ? exploring : [])];
    started(session.run('check', { ...argumentsOf(fields, values), explore }));
  };
  const rows = (fields: readonly Field[]) =>
    fields.map((field) => (
      <Row key={field.name} field={field} value={values[field.name] ?? ''} fill={fill} />
    ));
  return (
    <form className="check-form" onSubmit={submit} aria-label="A new run">
      {rows(first)}
      <Row field={exploreField} value={values.explore ?? ''} fill={fill} />
      {explore && rows(exploring)}
      <details>
        <summary>More</summary>
        {rows(others)}
      </details>
      <button type="submit" className="primary" disabled={busy}>
        {explore ? 'Explore' : 'Run the checks'}
      </button>
      {busy && <p className="dim">A run is under way.</p>}
    </form>
  );
}

const exploreField: Field = {
  name: 'explore',
  label: 'Explore',
  help: 'search for a schedule of deliveries, failures and crashes that breaks the handler',
  kind: 'switch',
};

function Row({
  field,
  value,
  fill,
}: {
  field: Field;
  value: string;
  fill(name: string, value: string): void;
}) {
  const { name, label, help, kind } = field;
  const common = { id: `check-${name}`, 'aria-describedby': `check-${name}-help` };
  return (
    <div className={kind === 'switch' ? 'field switch' : 'field'}>
      <label htmlFor={common.id}>{label}</label>
      {kind === 'switch' ? (
        <input
          {...common}
          type="checkbox"
          checked={value === 'true'}
          onChange={({ target }) => fill(name, String(target.checked))}
        />
      ) : kind === 'list' ? (
        <textarea
          {...common}
          rows={value.split('\n').length}
          spellCheck={false}
          value={value}
          onChange={({ target }) => fill(name, target.value)}
        />
      ) : (
        <input
          {...common}
          type={kind === 'secret' ? 'password' : 'text'}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={({ target }) => fill(name, target.value)}
        />
      )}
      <p id={`${common.id}-help`} className="dim">
        {help}
      </p>
    </div>
  );
}

function argumentsOf(fields: readonly Field[], values: Values): CommandArgs<'check'> {
  const given = fields.flatMap(({ name, kind }): [string, unknown][] => {
    const value = values[name]?.trim() ?? '';
    if (kind === 'switch') return [[name, value === 'true']];
    if (value === '') return [];
    return [[name, kind === 'list' ? value.split('\n').filter((line) => line.trim() !== '') : value]];
  });
  return Object.fromEntries(given) as CommandArgs<'check'>;
}
