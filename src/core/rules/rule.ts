import type { Endpoint } from '../endpoint.ts';
import type { Filter } from '../filter.ts';

/** A rule for what comes in; `text` is as it was written. */
export type Rule = { text: string } & (RouteRule | ForwardFilterRule);

/** Sends what matches to an app of its own. */
export interface RouteRule {
  kind: 'route';
  filter: Filter;
  endpoint: Endpoint;
}

/** Lets only what matches go to the app. */
export interface ForwardFilterRule {
  kind: 'forward-filter';
  filter: Filter;
}

export type RuleKind = Rule['kind'];

/** A rule as it was written. */
export interface RuleText {
  kind: RuleKind;
  text: string;
}

/** A rule at work, as screens show it. */
export interface RuleStatus extends RuleText {
  /** How many deliveries that came in it was about, since the start. */
  matched: number;
}
