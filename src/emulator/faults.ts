import { UserError, usageError } from '../core/errors.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import { FaultSet } from '../core/faults/fault-set.ts';

/** What is done to one request of the API. */
export interface ApiFault {
  plan: SenderPlan;
  /** As text, for the record. */
  applied: string[];
}

/** One word of the language: a fault of core/ and the endpoint it is for. */
interface Entry {
  /** As it was written, without scope and limit. */
  name: string;
  scope: { method: string | null; path: string } | null;
  set: FaultSet;
}

const serverErrors = [500, 502, 503, 504];

/**
 * What the API does wrong on purpose. The language is that of core/ for senders, in short and with a scope:
 * `[[METHOD ]/PATH:]NAME[:COUNT|:P%]`, where NAME is a status (`429`), `5xx` (any of 500, 502, 503, 504),
 * `delay=2s`, `delay=0-500ms`, `reset`, `hang` or `lost-ack` (the work is done, the answer is lost).
 */
export class EmulatorFaults {
  private constructor(
    private readonly entries: readonly Entry[],
    readonly seed: number,
  ) {}

  /** @throws UserError when it is no list of faults */
  static parse(text: string, seed: number): EmulatorFaults {
    const words = text.match(/(?:(?:[A-Z]+ +)?\/[^\s:]*:)?\S+/g) ?? [];
    return new EmulatorFaults(
      words.map((word, i) => readEntry(word, seed + i)),
      seed,
    );
  }

  /** Draws what strikes a request; null for nothing. */
  draw(method: string, path: string): ApiFault | null {
    const drawn: ApiFault[] = [];
    for (const entry of this.entries) {
      if (entry.scope !== null && !inScope(entry.scope, method, path)) continue;
      // A request has one answer: the second of "429:1 503:1" is for the next request.
      const answered = drawn.some(({ plan }) => plan.instead !== null || plan.lose !== null);
      if (answered && !entry.name.startsWith('delay')) continue;
      const fault = drawOne(entry);
      if (fault.applied.length > 0) drawn.push(fault);
    }
    if (drawn.length === 0) return null;
    return {
      applied: drawn.flatMap(({ applied }) => applied),
      plan: drawn
        .map(({ plan }) => plan)
        .reduce((all, plan) => ({
          instead: plan.instead ?? all.instead,
          delayMs: all.delayMs + plan.delayMs,
          lose: plan.lose ?? all.lose,
        })),
    };
  }

  /** What is still to come, as {@link EmulatorFaults.parse} reads it. */
  print(): string {
    return this.entries
      .filter(({ set }) => set.print() !== '')
      .map(({ name, scope, set }) => {
        const place = scope ? `${scope.method ? `${scope.method} ` : ''}${scope.path}:` : '';
        const limit = /:[^:]*$/.exec(set.print())?.[0] ?? '';
        return place + name + limit;
      })
      .join(' ');
  }
}

function drawOne({ name, set }: Entry): ApiFault {
  // A delay from-to is a fault of the way to the app in core/; here the API is what is late.
  const late = set.forApp(0, null);
  const { applied, plan } = set.forSender();
  const delayMs = plan.delayMs + late.plan.delayMs;
  const marks = applied.length + late.faults.length > 0 ? [name] : [];
  const any = serverErrors[Math.floor(set.random() * serverErrors.length)]!;
  const instead = name === '5xx' && plan.instead ? ({ kind: 'status', status: any } as const) : plan.instead;
  return { applied: marks, plan: { ...plan, instead, delayMs } };
}

function readEntry(word: string, seed: number): Entry {
  const [, method = null, path = null, rest = ''] = /^(?:(?:([A-Z]+) +)?(\/[^\s:]*):)?(.*)$/.exec(word) ?? [];
  const [, name = '', limit = ''] = /^([^:]*)(:.*)?$/.exec(rest) ?? [];
  try {
    const set = FaultSet.parse(inCore(name, word) + limit, seed);
    return { name, scope: path === null ? null : { method, path }, set };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw notAFault(word);
  }
}

/** A name of this language in that of core/. */
function inCore(name: string, word: string): string {
  if (/^[45]\d\d$/.test(name)) return `status=${name}`;
  if (name === '5xx') return 'status=500';
  if (/^delay=.*\d.*-/.test(name)) return name.replace('delay', 'jitter');
  if (name.startsWith('delay=')) return `sender.${name}`;
  if (/^(reset|hang|lost-ack(=.+)?)$/.test(name)) return name;
  throw notAFault(word);
}

const notAFault = (word: string): UserError =>
  usageError(
    'emulator-fault',
    `"${word}" is no fault of the emulator: use for example 429:20%, 5xx:3, delay=2s, delay=0-500ms, reset, hang, lost-ack, or "GET /job:404:1".`,
  );

const inScope = (scope: { method: string | null; path: string }, method: string, path: string): boolean =>
  (scope.method === null || scope.method === method) &&
  (path === scope.path || path.startsWith(scope.path.endsWith('/') ? scope.path : `${scope.path}/`));
