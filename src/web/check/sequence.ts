import { formatDuration } from '../../core/units.ts';
import type { CommandResult } from '../../runtime/commands/index.ts';

type Exploration = NonNullable<CommandResult<'check-run'>['exploration']>;
/** Something that happened in a schedule. */
export type Moment = NonNullable<Exploration['finding']>['moments'][number];

type Step = Extract<Moment['what'], { kind: 'step' }>['step'];

/** Who takes part, from left to right. */
export const lanes = ['sender', 'tool', 'app', 'effects'] as const;
export type Lane = (typeof lanes)[number];

/** One line of a sequence diagram. */
export type Line =
  | {
      kind: 'arrow';
      from: Lane;
      to: Lane;
      text: string;
      /** `lost` does not arrive. */
      look: 'request' | 'answer' | 'lost' | 'forged';
      tone: 'plain' | 'good' | 'bad';
      /** How many leave at the same instant. */
      copies: number;
    }
  /** Something that happens to one of them. */
  | { kind: 'note'; at: Lane; text: string; tone: 'plain' | 'good' | 'bad' | 'warn' }
  | { kind: 'wait'; text: string };

/** The lines of a diagram, from how a schedule went. */
export const sequenceOf = (moments: readonly Moment[]): Line[] => moments.flatMap(linesOf);

const name = (job: number): string => `job ${job + 1}`;

function linesOf({ what, text }: Moment): Line[] {
  if (what.kind === 'judged')
    return [arrow('app', 'effects', 'looked at'), note('effects', text, what.breach ? 'bad' : 'good')];
  if (what.kind === 'retry') return [...delivery(`${name(what.job)}, again`), ...answers([what.outcome])];
  const { step, outcomes } = what;
  switch (step.kind) {
    case 'deliver': {
      const jobs = [...new Set(step.jobs)];
      return [
        ...jobs.flatMap((job) => delivery(name(job), step.jobs.filter((each) => each === job).length)),
        ...answers(outcomes),
      ];
    }
    case 'lose-ack':
      return [
        ...delivery(name(step.job)),
        arrow('app', 'tool', outcomes.join(', '), 'answer', toneOf(outcomes)),
        arrow('tool', 'sender', 'the answer is lost', 'lost', 'bad'),
      ];
    case 'hang-up':
      return [
        ...delivery(name(step.job)),
        note('sender', 'hangs up', 'bad'),
        arrow('app', 'tool', 'nobody waits for it', 'lost', 'bad'),
      ];
    case 'crash': {
      const killed = note('app', `killed ${momentOf(step.at)}, started again`, 'bad');
      const answered = answers(outcomes);
      return [
        ...delivery(name(step.job)),
        ...(step.at === 'answer' ? [...answered, killed] : [killed, ...answered]),
      ];
    }
    case 'restart':
      return [note('app', 'killed, started again', 'bad')];
    case 'forge':
      return [
        arrow('sender', 'tool', `forged ${name(step.job)}`, 'forged'),
        arrow('tool', 'app', `forged ${name(step.job)}`, 'forged'),
        // Here a refusal is what is right.
        arrow('app', 'tool', outcomes.join(', '), 'answer', toneOf(outcomes) === 'good' ? 'bad' : 'good'),
      ];
    case 'fail-api':
      return [
        note(
          'tool',
          `next ${step.times === 1 ? 'fetch' : `${step.times} fetches`} of ${name(step.job)}: ${step.answer}`,
          'warn',
        ),
      ];
    case 'wait':
      return [{ kind: 'wait', text: `wait ${formatDuration(step.ms)}` }];
  }
}

/** In the few words that a note has room for; those of the schedule say it in full. */
function momentOf(at: Extract<Step, { kind: 'crash' }>['at']): string {
  if (at === 'fetch') return 'while it fetches';
  if (at === 'answer') return 'after its answer';
  return at === 0 ? 'as it has the request' : `after ${Math.round(at * 100)} % of its time`;
}

const arrow = (
  from: Lane,
  to: Lane,
  text: string,
  look: Extract<Line, { kind: 'arrow' }>['look'] = 'request',
  tone: 'plain' | 'good' | 'bad' = 'plain',
): Line => ({ kind: 'arrow', from, to, text, look, tone, copies: 1 });

const note = (at: Lane, text: string, tone: 'plain' | 'good' | 'bad' | 'warn'): Line => ({
  ...{ kind: 'note', at, text, tone },
});

const delivery = (text: string, copies = 1): Line[] => {
  const many = copies === 1 ? text : `${copies} × ${text}`;
  return [
    { ...(arrow('sender', 'tool', many) as Extract<Line, { kind: 'arrow' }>), copies },
    { ...(arrow('tool', 'app', many) as Extract<Line, { kind: 'arrow' }>), copies },
  ];
};

const answers = (outcomes: readonly string[]): Line[] =>
  outcomes.length === 0 ? [] : [arrow('app', 'tool', outcomes.join(', '), 'answer', toneOf(outcomes))];

const toneOf = (outcomes: readonly string[]): 'good' | 'bad' =>
  outcomes.every((outcome) => /^2\d\d$/.test(outcome)) ? 'good' : 'bad';
