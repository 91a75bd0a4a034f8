import type { Endpoint } from '../../core/endpoint.ts';
import type { Status } from '../../core/session.ts';
import type { TunnelRow } from '../../tunnel/providers/index.ts';
import type { TunnelChoice } from '../tunnel-settings.ts';

/** How bad it is: `error` matters, `warning` may, `note` is only told. */
export type Level = 'ok' | 'note' | 'warning' | 'error';

/** What was found about one thing. */
export interface Finding {
  level: Level;
  /** What is the case, in a line. */
  what: string;
  /** What to do about it; null where there is nothing to do. */
  todo: string | null;
}

/** All that is looked at, so that nothing depends on where a test runs. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** As `process.versions.node` has it. */
  nodeVersion: string;
  /** Where the user sees the output. */
  terminal: { isTTY: boolean; colors: number };
  dataDir: string;
  /** The `listen` that is at work on the data directory; null when none is. */
  running: Pick<Status, 'pid' | 'receiverUrl' | 'inspectorUrl' | 'emulator' | 'tunnel'> | null;
  /** The ports that `listen` would take; `fixed` where the user chose it, so that no other is tried. */
  ports: readonly { name: string; port: number; fixed: boolean }[];
  tunnel: TunnelChoice;
  /** The ways to a public URL that there are. */
  providers: Readonly<Record<string, TunnelRow>>;
  endpoints: readonly Endpoint[];
  /** Whether any certificate of the app is taken. */
  insecure: boolean;
  /** Answers of these have the right time in their `Date`; the first that answers is believed. */
  timeUrls: readonly string[];
}

/** Looks at one thing. @param signal aborted when its time is up; its reason is thrown then */
export type Look = (around: Surroundings, signal: AbortSignal) => Promise<Finding[]> | Finding[];

export const ok = (what: string): Finding => ({ level: 'ok', what, todo: null });
export const note = (what: string, todo: string | null = null): Finding => ({ level: 'note', what, todo });
export const warning = (what: string, todo: string): Finding => ({ level: 'warning', what, todo });
export const wrong = (what: string, todo: string): Finding => ({ level: 'error', what, todo });
