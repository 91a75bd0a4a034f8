import { runProgram } from './processes.ts';

/** What the load generator is to do. */
export interface Load {
  /** Where the path has a `*`, requests are spread over `spread` numbers in its place. */
  url: string;
  spread?: number;
  /** The Host header, where it is not the URL's host. */
  host?: string;
  /** Of a body; 1 KB unless told. */
  bytes?: number;
  connections: number;
  /** Requests a second, evenly spaced; without it, every connection sends its next as soon as it has its answer. */
  rate?: number;
  /** Ends after so many requests … */
  count?: number;
  /** … or after this time. Neither includes the warm-up. */
  durationMs?: number;
  warmupMs: number;
}

/** What it saw after the warm-up. Anything but 2xx is a failure of the whole run. */
export interface LoadResult {
  requests: number;
  perSecond: number;
  /** ms */
  p50: number;
  p99: number;
}

/** Generates load from a process of its own: Reducto payloads, each with its own job id. */
export const generateLoad = (load: Load): Promise<LoadResult> =>
  runProgram('load-generator', [JSON.stringify(load)]);
