import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished, TestRunner } from 'vitest';

type Cleanup = () => unknown;

const atEndOfFile: Cleanup[] = [];

// Registered while the test file is being collected, as every import of this module is.
afterAll(async () => {
  for (const cleanup of atEndOfFile.splice(0).reverse()) await cleanup();
}, 60_000);

/** Has `cleanup` run when the current test ends, or, outside a test (`beforeAll`), when the file does. */
export function onCleanup(cleanup: Cleanup): void {
  if (TestRunner.getCurrentTest()) onTestFinished(async () => void (await cleanup()));
  else atEndOfFile.push(cleanup);
}

/** A new empty directory that goes away with the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-'));
  onCleanup(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}
