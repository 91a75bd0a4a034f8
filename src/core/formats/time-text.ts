/** A time as a file has it. */
export interface ReadTime {
  /** ms since the epoch. */
  at: number;
  /** What of it was guessed; null where nothing was. */
  doubt: string | null;
}

/**
 * ISO 8601, with what tools make of it: no seconds, a comma, more than milliseconds, no colon in the offset, a space,
 * no dashes.
 */
const isoForm =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/i;
/** As mail has it (RFC 5322, 3.3), HTTP (RFC 9110, 5.6.7) and JavaScript's `Date`, with a time zone. */
const wordForm =
  /^(?:[a-z]{3,9},? )?(?:\d{1,2}[ -][a-z]{3}[ -]\d{4}|[a-z]{3} \d{1,2} \d{4}) \d\d:\d\d(?::\d\d)? (?:GMT|UTC|Z|(?:GMT)?[+-]\d{4})(?: \([^)]*\))?$/i;

/** Longer text is no time. */
const maxText = 100;

/** The years that a number since the epoch may fall in: in one of its units at most. */
const [earliest, latest] = [Date.UTC(2000), Date.UTC(2100)];
/** Of a second, a millisecond, a microsecond and a nanosecond: how many ms. */
const units = [1000, 1, 1e-3, 1e-6];

/**
 * Reads a time where it is unambiguous: ISO 8601 and its variants, mail's and HTTP's form, and numbers since the epoch,
 * whose unit follows from their size.
 * @returns null where it is none of these, or before 1970
 */
export function readTime(value: unknown): ReadTime | null {
  const given = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (given.length > maxText) return null;
  const text = given.trim();
  const time = isoTime(text) ?? { at: epochTime(text) ?? wordTime(text), doubt: null };
  return time.at >= 0 ? time : null; // NaN where it is none
}

function isoTime(text: string): ReadTime | null {
  const [, year = '', month = '', day = '', hour, minute = '00', second = '00', fraction = '', zone] =
    isoForm.exec(text) ?? [];
  if (year === '' || !isDay(Number(year), Number(month), Number(day))) return null;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined)
    return { at: Date.parse(date), doubt: 'its time is only a date: midnight UTC is taken' };
  const clock = `${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  return {
    at: Date.parse(`${date}T${clock}${offset(zone)}`),
    doubt: zone === undefined ? "its time names no time zone: this machine's is taken" : null,
  };
}

/** Whether the month has that day: Date.parse takes the 30th of February for a day in March. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offset(zone: string | undefined): string {
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone ?? '') ?? [];
  if (hours !== undefined) return `${hours}:${minutes}`;
  return zone === undefined ? '' : 'Z';
}

function epochTime(text: string): number | null {
  if (!/^\d{1,20}(\.\d{1,20})?$/.test(text)) return null;
  const times = units.map((ms) => Math.floor(Number(text) * ms));
  return times.find((at) => at >= earliest && at < latest) ?? null;
}

const wordTime = (text: string): number => (wordForm.test(text) ? Date.parse(text) : Number.NaN);
