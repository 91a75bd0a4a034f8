import type { Delivery, HeaderPair } from '../core/delivery.ts';
import { applyEdits } from '../core/edit.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { freshSummary } from '../core/record.ts';
import { maskedRule } from '../core/rules/kinds.ts';
import type { ExecRule, Rule, RuleStatus } from '../core/rules/rule.ts';
import { type Way, wayOf } from '../core/rules/way.ts';
import { Scripts } from './scripts.ts';

const nothing = new Uint8Array();

/** The rules at work, and how often each was. */
export class Rules {
  readonly #matched = new Map<Rule, number>();

  /** Those that change requests and answers. */
  readonly scripts: Scripts;

  /**
   * @param onChange told when a rule has matched
   * @param limitMs that one call of a script has; a few seconds when absent
   */
  constructor(
    private readonly rules: readonly Rule[],
    private readonly onChange: () => void = () => undefined,
    limitMs?: number,
  ) {
    this.scripts = new Scripts(
      rules.flatMap((rule) => (rule.kind === 'transform' ? [rule.file] : [])),
      limitMs,
    );
  }

  get statuses(): RuleStatus[] {
    return this.rules.map((rule) => ({
      ...maskedRule(rule),
      matched: this.#matched.get(rule) ?? 0,
    }));
  }

  /** Where routes lead to. */
  get places(): Endpoint[] {
    return this.rules.flatMap((rule) => (rule.kind === 'route' ? [rule.endpoint] : []));
  }

  /** Where a delivery that comes in goes; it need not be numbered yet. */
  way(delivery: Omit<Delivery, 'seq' | 'id'>, plain: readonly Endpoint[]): Way {
    const way = wayOf(this.rules, plain, freshSummary({ ...delivery, seq: 0, id: '' }));
    this.count(way.matched);
    return way;
  }

  /** Where a stored delivery goes again: by its routes alone, since who replays one wants it sent. */
  wayAgain(delivery: Delivery, plain: readonly Endpoint[]): readonly Endpoint[] {
    const routes = this.rules.filter(({ kind }) => kind === 'route');
    return routes.length === 0 ? plain : wayOf(routes, plain, freshSummary(delivery)).endpoints;
  }

  /** The headers of a request to an app, as the rules have them. */
  headers(headers: readonly HeaderPair[]): readonly HeaderPair[] {
    const edits = this.rules.flatMap((rule) => ('edit' in rule ? [rule.edit] : []));
    return edits.length === 0 ? headers : applyEdits({ headers, body: nothing }, edits).headers;
  }

  /** The commands to run for each delivery. */
  get commands(): (ExecRule & { text: string })[] {
    return this.rules.filter((rule) => rule.kind === 'exec');
  }

  /** Counts a delivery for rules that are about it. */
  count(matched: readonly Rule[]): void {
    for (const rule of matched) this.#matched.set(rule, (this.#matched.get(rule) ?? 0) + 1);
    if (matched.length > 0) this.onChange();
  }
}
