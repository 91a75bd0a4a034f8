import type { SQLiteValue } from 'node-sqlite3-wasm';
import type * as z from 'zod';
import { jsonValue } from '../core/json.ts';
import type { Row } from './database.ts';

/** How one column is read: what comes from a disk may be anything (a flipped bit, a fault of an older version). */
export interface Column<T> {
  /** The value; undefined when it is not what this tool writes there. */
  read(value: SQLiteValue | undefined): T | undefined;
  /** Stands in for a damaged value. */
  instead: T;
  /** What belongs there, in words. */
  wanted: string;
}

/** The columns of a table, by name. */
type Columns = Readonly<Record<string, Column<unknown>>>;

type Values<C extends Columns> = { [K in keyof C]: C[K] extends Column<infer T> ? T : never };

/**
 * Makes what reads the rows of a table. It goes over a row once and puts what it reads in the place of what stood
 * there, so that a long list costs little more than without it.
 * @returns takes a row, and where it adds what is wrong with those values that are damaged, a line each
 */
export function reader<C extends Columns>(columns: C): (row: Row, damage: string[]) => Values<C> {
  const names = Object.keys(columns);
  const each = Object.values(columns);
  return (row, damage) => {
    const values = row as Record<string, unknown>;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const stored = row[name];
      const value = each[i]!.read(stored);
      if (value === stored && value !== undefined) continue;
      values[name] = value === undefined ? each[i]!.instead : value;
      if (value === undefined) damage.push(`${name} holds ${kindOf(stored)}, not ${each[i]!.wanted}`);
    }
    return values as Values<C>;
  };
}

const kindOf = (value: SQLiteValue | undefined): string =>
  value === null || value === undefined
    ? 'nothing'
    : typeof value === 'string'
      ? 'other text'
      : value instanceof Uint8Array
        ? 'bytes'
        : 'a number';

export const text: Column<string> = {
  read: (value) => (typeof value === 'string' ? value : undefined),
  instead: '?',
  wanted: 'text',
};

/** Whole and not below 0. */
export const natural: Column<number> = {
  read: (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
  instead: 0,
  wanted: 'a whole number',
};

/** ms, or another quantity. */
export const quantity: Column<number> = {
  read: (value) => (typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined),
  instead: 0,
  wanted: 'a number',
};

/** The times that `Date` knows, in ms to both sides of the epoch. */
const lastTime = 8.64e15;

/** ms since the epoch. */
export const time: Column<number> = {
  read: (value) =>
    typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= lastTime ? value : undefined,
  instead: 0,
  wanted: 'a time',
};

export const bytes: Column<Uint8Array> = {
  read: (value) => (value instanceof Uint8Array ? value : undefined),
  instead: new Uint8Array(),
  wanted: 'bytes',
};

/** One of some words; the first one stands in for what is none of them. */
export const oneOf = <T extends string>(...words: readonly [T, ...T[]]): Column<T> => ({
  read: (value) => ((words as readonly unknown[]).includes(value) ? (value as T) : undefined),
  instead: words[0],
  wanted: `one of ${words.join(', ')}`,
});

/** Text like a pattern. */
export const like = (pattern: RegExp, wanted: string): Column<string> => ({
  read: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined),
  instead: '?',
  wanted,
});

/** NULL, or what the column says. NULL stands in for what is damaged. */
export const optional = <T>({ read, wanted }: Column<T>): Column<T | null> => ({
  read: (value) => (value === null ? null : read(value)),
  instead: null,
  wanted,
});

/** JSON of some shape, which a schema tells or, for what lists have thousands of, a function that makes nothing anew. */
export const json = <T>(
  shape: z.ZodType<T> | ((value: unknown) => value is T),
  instead: T,
  wanted: string,
): Column<T> => {
  const fits =
    typeof shape === 'function' ? shape : (value: unknown): value is T => shape.safeParse(value).success;
  return {
    read: (text) => {
      const value = typeof text === 'string' ? jsonValue(text) : undefined;
      return fits(value) ? value : undefined;
    },
    instead,
    wanted: `${wanted} as JSON`,
  };
};

/** Any JSON, as the text that it is. */
export const jsonText: Column<string> = {
  read: (value) => (typeof value === 'string' && jsonValue(value) !== undefined ? value : undefined),
  instead: 'null',
  wanted: 'JSON',
};
