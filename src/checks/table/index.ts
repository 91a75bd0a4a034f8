import type { Check } from '../check.ts';
import { duplicateConcurrent, duplicateSequential } from './duplicates.ts';
import { once } from './once.ts';

/** Every check, in the order in which they run. */
export const checks: readonly Check[] = [once, duplicateSequential, duplicateConcurrent];
