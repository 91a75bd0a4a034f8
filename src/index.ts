// What `import … from 'reducto-webhook-dev'` gives.
export { UserError } from './core/errors.ts';
export type { Attempt } from './library/attempt.ts';
export type {
  CheckExploration,
  CheckFinding,
  CheckOptions,
  CheckReport,
  Effects,
  ExploreOptions,
} from './library/check.ts';
export type { Delivery } from './library/delivery.ts';
export type { Dev } from './library/dev.ts';
export type { DeliveryPart, Match } from './library/match.ts';
export type { EmulateOptions, StartOptions } from './library/options.ts';
export type { ReplayOptions, Sending } from './library/replay.ts';
export type { ScenarioOptions } from './library/scenario.ts';
export { check, emulate, start } from './library/start.ts';
export type { Commands } from './library/tables.ts';
export type { TriggerOptions } from './library/trigger.ts';
export type { WaitOptions } from './library/wait.ts';
