export { pathRules } from './place.ts';
export { Scrubber } from './scrubber.ts';
export { standInSecrets } from './secrets.ts';
export { scrubSummary } from './summary.ts';
