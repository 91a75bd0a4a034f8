import { type Json, mapLeaves } from './value.ts';

const uuid = /[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}/gi;
const dashedUuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const isoTime = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?/g;
const clock = /\b\d\d:\d\d:\d\d([.,]\d+)?\b/g;
const epoch = /\b1[5-9]\d{8}(\d{3}(\d{3})?)?(\.\d+)?\b/g;
const ours = /\b(dlv|att|msg)_[0-9A-Za-z_-]{10,}/g;

/** The UUIDs that stand in a text as jobs' ids are written, each once. */
export const idsIn = (text: string): string[] => [...new Set(text.match(dashedUuid))];

/** A job's name inside texts that are compared, such as `<job 1>`. */
export const jobLabel = (number: number): string => `<job ${number}>`;
/** How a job of an earlier check is called. */
export const earlierJob = '<earlier job>';

/**
 * Puts names in place of what differs from run to run without meaning anything: ids of jobs, deliveries and
 * attempts, other UUIDs, times.
 * @param labelOf the label of a known job id (lower case, with dashes); undefined for other UUIDs
 */
export function labelled(value: Json, labelOf: (id: string) => string | undefined): Json {
  const text = (given: string): string =>
    given
      .replace(uuid, (match) => labelOf(dashed(match)) ?? '<uuid>')
      .replace(ours, (_match, kind: string) => `<${kind}>`)
      .replace(isoTime, '<time>')
      .replace(clock, '<time>')
      .replace(epoch, '<time>');
  const number = (given: number): Json => (isTime(given) ? '<time>' : given);
  return mapLeaves(value, { text, number });
}

const dashed = (match: string): string => {
  const plain = match.replaceAll('-', '').toLowerCase();
  return [
    plain.slice(0, 8),
    plain.slice(8, 12),
    plain.slice(12, 16),
    plain.slice(16, 20),
    plain.slice(20),
  ].join('-');
};

/** Seconds, ms or µs since the epoch, of these years. */
const isTime = (number: number): boolean =>
  [1, 1e3, 1e6].some((scale) => number >= 1.5e9 * scale && number < 2e9 * scale);
