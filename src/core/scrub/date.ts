import type { StandIns } from './stand-ins.ts';

const dayMs = 86_400_000;
const first = Date.UTC(1900, 0, 1) / dayMs;
const days = Date.UTC(2100, 0, 1) / dayMs - first;
const decimal = [10, 10, 10, 10, 10];

/** Another day from 1900 to 2099 for the day of a date or time of ISO 8601, whose hour stays; else other digits. */
export function scrubDate(text: string, standIns: StandIns): string {
  const [date, hour] = [text.slice(0, 10), text.slice(10)];
  const day = Date.parse(date) / dayMs - first;
  if (!(day >= 0 && day < days) || isoDay(day) !== date) return standIns.like(date) + hour;
  let other = day;
  // On from what is past the last of them, so that no two meet.
  do {
    const digits = standIns.numbers([...String(other).padStart(5, '0')].map(Number), decimal);
    other = Number(digits.join(''));
  } while (other >= days);
  return isoDay(other) + hour;
}

const isoDay = (day: number): string => new Date((first + day) * dayMs).toISOString().slice(0, 10);
