import type { Caller } from '../runtime/command.ts';
import type { LiveSource } from './live.ts';

/** What the API serves; set once the runtime is there. */
export interface ApiBackend {
  status(): unknown;
  /** @param caller whose signal is aborted when the client goes away before the result is there */
  run(id: string, args: unknown, caller: Caller): Promise<unknown>;
  /** Tells every screen what nobody waits for; absent where there is none. */
  tell?(code: string, message: string): void;
  /** How the user has set up screens, for the page. */
  page?: { keys: Readonly<Record<string, readonly string[]>> };
  /** What happens, for those who follow it live; absent where nothing is told. */
  live?: LiveSource;
}
