import type { Endpoint } from '../endpoint.ts';
import type { Filter } from '../filter.ts';
import { matches } from '../filter-match.ts';
import type { DeliverySummary } from '../record.ts';
import type { AnswerRule, ForwardFilterRule, Rule } from './rule.ts';

/** Where a delivery goes. */
export interface Way {
  /** Nowhere when empty: it is kept, and its sender answered. */
  endpoints: readonly Endpoint[];
  /** The forward filter that keeps it from the app; null for none. */
  keptBy: (ForwardFilterRule & { text: string }) | null;
  /** The rule that answers its sender; null for none. */
  answer: AnswerRule | null;
  /** Those that are about it. */
  matched: readonly Rule[];
}

/**
 * Where a delivery that comes in goes, by the rules in their order: to every route that it matches, once each, or to
 * the `plain` endpoints when it matches none; or nowhere, when a fixed answer comes before the first such route, or a
 * forward filter, wherever it stands, does not match.
 */
export function wayOf(rules: readonly Rule[], plain: readonly Endpoint[], delivery: DeliverySummary): Way {
  if (rules.length === 0) return { endpoints: plain, keptBy: null, answer: null, matched: rules };
  const holds = ({ filter }: { filter: Filter }): boolean => matches(filter, delivery);
  const filters = rules.filter((rule) => rule.kind === 'forward-filter');
  const keptBy = filters.find((rule) => !holds(rule)) ?? null;
  const passed = filters.filter(holds);
  const first = rules.find(
    (rule) => (rule.kind === 'answer' || (rule.kind === 'route' && keptBy === null)) && holds(rule),
  );
  if (first?.kind === 'answer') return { endpoints: [], keptBy, answer: first, matched: [...passed, first] };
  if (keptBy) return { endpoints: [], keptBy, answer: null, matched: passed };
  const routes = rules.filter((rule) => rule.kind === 'route').filter(holds);
  const endpoints = routes.length > 0 ? routed(routes) : plain;
  const changing = endpoints.length === 0 ? [] : rules.filter(changes);
  return { endpoints, keptBy, answer: null, matched: [...passed, ...routes, ...changing] };
}

/** Whether a rule is about all that goes to the app. */
const changes = ({ kind }: Rule): boolean =>
  kind === 'header' || kind === 'drop-header' || kind === 'transform';

/** The places that routes lead to; two that lead to one send there once. */
const routed = (routes: readonly { endpoint: Endpoint }[]): Endpoint[] => [
  ...new Map(routes.map(({ endpoint }) => [endpoint.name, endpoint])).values(),
];
