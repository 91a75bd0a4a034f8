import type { Edit } from '../edit.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Filter } from '../filter.ts';
import type { FixedAnswer } from './answer.ts';

/** A rule for what comes in; `text` is as it was written. */
export type Rule = { text: string } & (
  | RouteRule
  | ForwardFilterRule
  | HeaderRule
  | AnswerRule
  | ExecRule
  | TransformRule
);

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

/** Sets a header of what goes to the app, or takes it away. */
export type HeaderRule = { edit: HeaderEdit } & ({ kind: 'header' } | { kind: 'drop-header' });
export type HeaderEdit = Extract<Edit, { kind: 'header' }>;

/** Answers what matches, and keeps it from the app. */
export interface AnswerRule {
  kind: 'answer';
  filter: Filter;
  /** The filter as it was written. */
  when: string;
  answer: FixedAnswer;
}

/** Runs a command for each delivery. */
export interface ExecRule {
  kind: 'exec';
  command: string;
}

/** Has a script change requests to the app and answers to senders. */
export interface TransformRule {
  kind: 'transform';
  /** Its whole path. */
  file: string;
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
