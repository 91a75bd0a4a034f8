import { UserError } from '../errors.ts';
import { printable } from '../text.ts';
import type { ImportedDelivery, Reading } from './format.ts';

/** One entry as it was read; `warning` when it is not, or not surely, what was sent. */
export interface Entry {
  delivery: ImportedDelivery;
  warning?: string;
}

/**
 * Reads entries one by one: a bad one is left out and told, and never loses the others.
 * @param read given the entry and its index; null for one that is none
 */
export function readEach<T>(
  values: readonly T[],
  read: (value: T, index: number) => Entry | null,
  before: readonly string[] = [],
): Reading {
  const deliveries: ImportedDelivery[] = [];
  const warnings = [...before];
  values.forEach((value, i) => {
    try {
      const entry = read(value, i);
      if (entry === null) return;
      deliveries.push(entry.delivery);
      if (entry.warning !== undefined) warnings.push(printable(entry.warning));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      warnings.push(error.message);
    }
  });
  return { deliveries, warnings };
}
