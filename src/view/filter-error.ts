import { FilterError, parseFilter } from '../core/filter.ts';
import type { ViewState } from './state.ts';

/** What is wrong with a filter, and where; null when it can be applied. */
export function filterError(text: string): ViewState['filter']['error'] {
  try {
    parseFilter(text);
    return null;
  } catch (error) {
    if (error instanceof FilterError) return { message: error.message, offset: error.offset };
    throw error;
  }
}
