import { type Check, sources } from '../check.ts';
import { type Effect, effectLines, isEmpty } from '../effects/effect.ts';
import { egressName } from '../effects/egress.ts';
import { learnUnit, type Unit } from '../effects/unit.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { failed, notJudged, passed, type Verdict } from '../verdict.ts';

/** Deliveries that may be needed until two have the same effect: the very first may set things up. */
const maxDeliveries = 4;

interface Clean {
  effects: (Effect | null)[];
  answerMs: number;
  effectMs: number;
  fetches: number;
}

/** The plain delivery, several times: whether it works at all, and what its effect is. */
export const once: Check = {
  id: 'once',
  cause: null,
  title: 'one delivery, one effect',
  proves: 'A plain delivery of a completed job is answered 2xx and has its effect, the same for every job.',
  why: {
    text: 'Reducto counts any 2xx as delivered and "retries failed deliveries up to 3 times with exponential backoff".',
    url: sources.direct,
  },
  fix: 'Answer 2xx once the event is safely stored; fetch the job with client.job.get(job_id) and keep its result under the job id.',
  severity: 'error',
  needs: [],
  async run(run) {
    const { bench } = run;
    const clean: Clean[] = [];
    for (let i = 0; i < maxDeliveries; i++) {
      run.doing(`plain delivery ${i + 1}`);
      const made = await plainDelivery(run);
      if ('outcome' in made) {
        bench.notClean = made.outcome === 'failed' ? made.summary : 'it was not judged';
        return made;
      }
      clean.push(made);
      if (clean.length < 3) continue; // the first only warms up: caches, tables made at first use
      const units = learn(clean.at(-2)!, clean.at(-1)!);
      if (units === null) continue;
      bench.baseline = {
        units,
        answerMs: Math.max(...clean.slice(1).map(({ answerMs }) => answerMs)),
        leastAnswerMs: Math.min(...clean.slice(1).map(({ answerMs }) => answerMs)),
        effectMs: Math.max(...clean.slice(1).map(({ effectMs }) => effectMs)),
        fetches: clean.at(-1)!.fetches,
      };
      noteUnusedProxy(run, units);
      const { unjudged } = run.watch;
      // What all others build on is known, but of an effect nothing was seen.
      return unjudged === null
        ? passed(noteOf(run, units))
        : notJudged(`answered 2xx, as it should; whether it had its effect can't be told: ${unjudged}`);
    }
    const [a, b] = clean
      .slice(-2)
      .map(({ effects }) => effects.flatMap((effect) => (effect ? effectLines(effect) : [])));
    bench.notClean = 'two plain deliveries had different effects';
    return {
      outcome: 'failed',
      summary: 'plain deliveries of different jobs have different effects',
      expected: 'the same effect for every job: all jobs of a run have the same result',
      observed: `${clean.length} deliveries, no two of which agree in a row`,
      difference: { expected: a!, observed: b! },
      hint: 'If a part of the probe is not an effect (a clock, a log, a random value), name it with --effects-ignore.',
    };
  },
};

async function plainDelivery(run: CheckRun): Promise<Clean | Verdict> {
  const { bench } = run;
  run.watch.rebase();
  const job = await run.sender.job();
  const { sent, attempt } = await run.sender.deliver(job);
  if (accepted(attempt)) bench.earliest ??= { sent, job, at: bench.clock() };
  const { outcome } = attempt;
  const timedOut = outcome.kind === 'error' && outcome.code === 'timeout';
  if (timedOut || outcome.kind === 'response') bench.waits.push({ ms: attempt.durationMs ?? 0, timedOut });
  const refused = run.refusal([attempt], 'the plain delivery', refusalHint(run, outcome));
  const seen = (effects: readonly (Effect | null)[]): boolean => run.watch.sawEffect(effects);
  const { hasProbe } = run.watch;
  const { changedAfterMs, quiet } = await run.watch.quiet(hasProbe && refused === null ? seen : undefined);
  if (refused !== null) return refused;
  const { effects } = run.watch;
  if (hasProbe && !seen(effects))
    return failed(
      'the plain delivery was answered 2xx but had no effect that a probe can see',
      `an effect within ${run.watch.patienceMs / 1000} s (--effect-time)`,
      'no change in any snapshot',
      { hint: job.serial > 1 ? sharedKeyHint(run) : noEffectHint(run) },
    );
  if (!quiet)
    return failed(
      'after one plain delivery the app does not become quiet',
      'an end to its work',
      'changes without end',
      {
        hint: 'If a part of the probe moves by itself, name it with --effects-ignore.',
      },
    );
  return {
    // The job is always the first of its delivery: renumbered, so that two can be compared.
    effects,
    answerMs: attempt.durationMs ?? 0,
    effectMs: changedAfterMs,
    fetches: bench.emulator.fetches(job.id).length,
  };
}

/** The unit of each probe; null when the two deliveries disagree for one of them. */
function learn(a: Clean, b: Clean): (Unit | null)[] | null {
  const units: (Unit | null)[] = [];
  for (const [i, effect] of a.effects.entries()) {
    const other = b.effects[i];
    // null: fetches, which are no effect
    if (!effect || !other || (isEmpty(effect) && isEmpty(other))) {
      units.push(null);
      continue;
    }
    const unit = learnUnit([effect, other]);
    if (unit === null) return null;
    units.push(unit);
  }
  return units;
}

/** Says that `--egress` has seen nothing: that is no proof that the app calls nobody. */
function noteUnusedProxy({ bench }: CheckRun, units: readonly (Unit | null)[]): void {
  if (!bench.observer.probes.some(({ name }, i) => name === egressName && units[i] === null)) return;
  bench.notes.add(
    "No outgoing call came through the proxy of --egress: the app makes none for a plain delivery, or does not use it. Node's fetch does from Node 24 on (HTTPS_PROXY); before, give it a dispatcher: undici's EnvHttpProxyAgent.",
  );
}

function noteOf(run: CheckRun, units: readonly (Unit | null)[]): string | undefined {
  const { probes } = run.bench.observer;
  const unit = units.find((each, i) => each?.countable && probes[i]!.kind === 'effects');
  if (!unit) return undefined;
  const lines = [
    ...unit.job,
    ...unit.rows,
    ...[...unit.numbers].flatMap(([name, by]) => (by === null ? [] : [`${name} ${by < 0 ? by : `+${by}`}`])),
  ];
  const text = lines.slice(0, 2).join(', ');
  return `one effect: ${text.length > 160 ? `${text.slice(0, 160)}…` : text}${lines.length > 2 ? `, and ${lines.length - 2} more` : ''}`;
}

function refusalHint(run: CheckRun, outcome: { kind: string; status?: number }): string {
  const { options, emulator } = run.bench;
  if (outcome.status === 401 || outcome.status === 403)
    return options.secret === undefined && options.svixSecret === undefined
      ? 'The handler asks for a secret: give it with --secret (metadata.secret) or --svix-secret.'
      : 'The handler refuses the secret that was given with --secret or --svix-secret.';
  if (outcome.status === 404)
    return 'Is this the path of the webhook? If the handler only takes jobs that it knows, make it know them with --prepare.';
  if (outcome.status === 400 || outcome.status === 422)
    return 'If the handler needs something in the metadata, give it with --metadata KEY=VALUE.';
  return emulator.fetches().length === 0
    ? `If the handler fetches the job, it must do so from the emulated API: start it with REDUCTO_BASE_URL=${emulator.url}`
    : 'What the app says above, or in its log, tells why.';
}

/** A second job has no effect where the first had: what the handler knows it by may be the same. */
const sharedKeyHint = (run: CheckRun): string =>
  Object.keys(run.bench.options.metadata ?? {}).length > 0
    ? "The first job had its effect, this one had none: if the handler knows documents by something in the metadata, all jobs of this run share it. Make it another for each: --metadata document_id='$JOB_ID' (or '$N', a number)."
    : "The first job had its effect, this one had none: is something other than the job id taken for the key? If it is in the metadata, give it: --metadata document_id='$JOB_ID'.";

const noEffectHint = (run: CheckRun): string =>
  run.bench.options.prepare === undefined
    ? 'Does the probe look where the handler writes? If the handler only takes jobs that it knows, make it know them with --prepare; if its work comes later, give more --effect-time.'
    : 'Does the probe look where the handler writes? If its work comes later, give more --effect-time.';
