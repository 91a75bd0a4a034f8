// Times are shown in the time zone of this machine, everywhere.

const two = (part: number): string => String(part).padStart(2, '0');

/** The time of day, `14:03:22`. @param at ms since the epoch */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

/** The day, `2026-11-26`. */
function dayOf(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

/** The time of day, with the day before it where that is not today's: `2026-11-25 14:03:22`. */
export const listTime = (at: number, now = Date.now()): string =>
  dayOf(at) === dayOf(now) ? clockTime(at) : `${dayOf(at)} ${clockTime(at)}`;

/** Whether two times are on one day. */
export const isSameDay = (one: number, other: number): boolean => dayOf(one) === dayOf(other);

/** As {@link listTime}, without the year where it is that of `now`: `11-25 14:03:22`. */
export function shortTime(at: number, now: number): string {
  const time = listTime(at, now);
  const year = dayOf(now).slice(0, 5);
  return time.startsWith(year) ? time.slice(year.length) : time;
}

/** Day, time and time zone: `2026-11-26 14:03:22.123 +01:00`. */
export function fullTime(at: number): string {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${dayOf(at)} ${clockTime(at)}.${String(date.getMilliseconds()).padStart(3, '0')} ${zone}`;
}
