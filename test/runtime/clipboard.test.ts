import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { copyToClipboard } from '../../src/runtime/clipboard.ts';
import { tempDir } from '../support/cleanup.ts';

/** Standard output, with what was written to it. */
function output(isTTY: boolean): { stream: NodeJS.WriteStream; written(): string } {
  let written = '';
  const stream = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream,
    written: () => written,
  };
}

// A machine without a display and without a clipboard's program.
beforeEach(() => void vi.stubEnv('PATH', tempDir()));
afterEach(() => void vi.unstubAllEnvs());

test('where there is no display the terminal is asked to (OSC 52); what the text holds is no command to it', async () => {
  const text = 'https://x.example/é\u001b]0;title\u0007';
  const { stream, written } = output(true);
  expect(await copyToClipboard(text, stream)).toBe(true);
  const [, base64] = /^\u001b\]52;c;([A-Za-z0-9+/=]+)\u0007$/.exec(written())!;
  expect(Buffer.from(base64!, 'base64').toString()).toBe(text);
});

test('where there is no terminal either, that is told, and nothing is written', async () => {
  const { stream, written } = output(false);
  expect(await copyToClipboard('x', stream)).toBe(false);
  expect(written()).toBe('');
});
