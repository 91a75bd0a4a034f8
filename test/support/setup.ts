import { afterAll, vi } from 'vitest';
import { cleanUpFile } from './cleanup.ts';
import './matchers.ts';

// The first hook of each file, so that it runs after all others: whatever the file put in place is taken away.
afterAll(async () => {
  await cleanUpFile();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
}, 60_000);
