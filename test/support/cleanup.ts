import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, TestRunner } from 'vitest';

type Cleanup = () => unknown;

const atEndOfFile: Cleanup[] = [];

/** For setup.ts: a module is loaded once for all files of a process, and a hook is one of the file it came with. */
export async function cleanUpFile(): Promise<void> {
  for (const cleanup of atEndOfFile.splice(0).reverse()) await cleanup();
}

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
