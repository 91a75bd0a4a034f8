import { type UserError, usageError } from '../../core/errors.ts';
import type { Step } from '../explore/schedule.ts';
import type { JobShape } from '../explore/world.ts';
import type { ScenarioSettings } from './schema.ts';

/** Where something stands in a scenario's file; null for one that is no file. */
export type Place = { line: number; column: number } | null;

/** Something that happens, or has to be so. */
export type Act = { place: Place; text: string } & (
  | { kind: 'happen'; steps: readonly Step[] }
  | { kind: 'retry' }
  | { kind: 'expect'; expected: Expected }
);

/** What has to be so. */
export interface Expected {
  /** What each answer to the act before has to be one of: `200`, `2xx`, `none`. */
  answers: readonly string[] | null;
  /** The jobs, by number, that must have had their effect, once, and no others; `once`: those that were delivered. */
  effects: 'once' | readonly number[] | null;
  /** A command whose exit code has to be 0. */
  verify: string | null;
}

/** A scenario that was read, and holds together. */
export interface Scenario {
  /** The path of its file, as it was given, or what stands for one. */
  id: string;
  name: string;
  settings: ScenarioSettings;
  repeat: number;
  /** By their numbers. */
  jobs: readonly { name: string; shape: JobShape }[];
  acts: readonly Act[];
}

/** The error of a scenario, at its place. @param message what is wrong, and what to do */
export const scenarioError = (id: string, place: Place, message: string): UserError =>
  usageError('scenario', `${id}${place === null ? '' : `:${place.line}:${place.column}`}: ${message}.`);
