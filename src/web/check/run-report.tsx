import { listTime } from '../../core/time.ts';
import type { CommandResult } from '../../runtime/commands/index.ts';
import { checkLook } from '../../view/check.ts';
import { Copy } from '../copy.tsx';
import { Link } from '../link.tsx';
import { safeLines, Text } from '../text.tsx';
import { SequenceDiagram } from './sequence-diagram.tsx';

type Run = CommandResult<'check-run'>;
type Result = Run['report']['results'][number];

/** A run that has ended: what failed, by its causes, and every check. */
export function RunReport({ run }: { run: Run }) {
  const { summary, report, exploration } = run;
  const failed = (ids: readonly string[]): Result[] => report.results.filter(({ id }) => ids.includes(id));
  return (
    <section aria-label={`Run ${summary.id}`}>
      <h2>
        Run {summary.id}:{' '}
        <code>
          <Text of={summary.endpoint} />
        </code>
      </h2>
      <p
        className={`verdict ${summary.exitCode === 0 ? (report.blind === null && summary.notJudged === 0 ? 'good' : 'warn') : 'bad'}`}
      >
        <Text of={report.verdict} />
      </p>
      <p className="dim">
        {listTime(summary.startedAt)} · <Text of={report.sum} />
      </p>
      {report.findings.map((finding) => (
        <section
          key={finding.checks.join()}
          className={`finding ${finding.severity}`}
          aria-label={finding.title}
        >
          <h3>
            {finding.severity.toUpperCase()} <Text of={finding.title} />
          </h3>
          {failed(finding.checks).map((result, i) => (
            <Failure key={result.id} result={result} open={i === 0} />
          ))}
          <p className="fix">
            <b>How to fix it:</b> <Text of={finding.fix} />
          </p>
        </section>
      ))}
      {exploration?.finding && (
        <section aria-label="The shortest schedule">
          <h3>The shortest schedule</h3>
          <SequenceDiagram moments={exploration.finding.moments} />
          <details>
            <summary>As a script of curl commands</summary>
            <Copy text={exploration.finding.script} label="Copy the script">
              Copy
            </Copy>
            <pre className="raw">{safeLines(exploration.finding.script)}</pre>
          </details>
          {/* Runs of an earlier version have none. */}
          {exploration.finding.scenario && (
            <details>
              <summary>As a scenario, to keep as a regression test</summary>
              <Copy text={exploration.finding.scenario} label="Copy the scenario">
                Copy
              </Copy>
              <pre className="raw">{safeLines(exploration.finding.scenario)}</pre>
            </details>
          )}
        </section>
      )}
      {report.notes.map((note) => (
        <p key={note} className="note">
          <Text of={note} />
        </p>
      ))}
      <h3>{summary.kind === 'scenarios' ? 'Every scenario' : 'Every check'}</h3>
      <ul className="check-rows">
        {report.results.map((result) => (
          <ResultRow key={result.id} result={result} />
        ))}
      </ul>
    </section>
  );
}

function ResultRow({ result: { id, title, verdict, severity } }: { result: Result }) {
  const state =
    verdict.outcome === 'not judged' && verdict.applies === false ? 'not applicable' : verdict.outcome;
  const { symbol, tone } = checkLook({ state, severity });
  const message =
    verdict.outcome === 'failed'
      ? verdict.summary
      : verdict.outcome === 'passed'
        ? verdict.note
        : verdict.reason;
  return (
    <li>
      <span className={`mark ${tone}`} aria-hidden="true">
        {symbol}
      </span>
      <code>{id}</code>
      <span className={tone}>{state}</span>
      <span className="message">
        <Text of={message ?? title} />
      </span>
    </li>
  );
}

/** A failure opened: what was sent, what was expected and seen, and why that matters. */
function Failure({ result, open }: { result: Result; open: boolean }) {
  const { id, verdict, sent, why, appOutput, course } = result;
  if (verdict.outcome !== 'failed') return null;
  const { expected, observed, difference, hint } = verdict;
  return (
    <details className="failure" open={open}>
      <summary>
        <code>{id}</code> <Text of={verdict.summary} />
      </summary>
      <dl>
        {course && (
          <>
            <dt>How it went</dt>
            <dd>
              <pre className="raw">{safeLines(course.join('\n'))}</pre>
            </dd>
          </>
        )}
        <dt>Sent</dt>
        <dd>
          {sent.length === 0 && <span className="dim">nothing</span>}
          {sent.slice(0, 50).map(({ seq, jobId, attempts }) => (
            <p key={seq}>
              <Link to={`/d/${seq}/attempts`}>#{seq}</Link> job <Text of={jobId} />:{' '}
              <Text of={attempts.map(({ outcome }) => outcome).join(', ') || 'not sent'} />
            </p>
          ))}
          {sent.length > 50 && <p className="dim">and {sent.length - 50} more</p>}
        </dd>
        <dt>Expected</dt>
        <dd>
          <Text of={expected} />
        </dd>
        <dt>Observed</dt>
        <dd>
          <Text of={observed} />
        </dd>
        {difference && (
          <>
            <dt>Effect</dt>
            <dd>
              <pre className="diff">
                {difference.expected.map((line, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
                  <span key={i} className="removed">{`- ${safeLines(line)}\n`}</span>
                ))}
                {difference.observed.map((line, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
                  <span key={i} className="added">{`+ ${safeLines(line)}\n`}</span>
                ))}
              </pre>
              <p className="dim">- expected, + seen</p>
            </dd>
          </>
        )}
        {appOutput.length > 0 && (
          <>
            <dt>The app said</dt>
            <dd>
              <pre className="raw">{safeLines(appOutput.join('\n'))}</pre>
            </dd>
          </>
        )}
        {hint !== undefined && (
          <>
            <dt>Hint</dt>
            <dd>
              <Text of={hint} />
            </dd>
          </>
        )}
        <dt>Why</dt>
        <dd>
          <Text of={why.text} /> <span className="dim">{why.url}</span>
        </dd>
      </dl>
    </details>
  );
}
