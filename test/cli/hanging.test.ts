import { expect, test } from 'vitest';
import { hanging } from '../../src/cli/hanging.ts';

const text =
  'the program cloudflared: get it with "npm install -D cloudflared" or from https://example.com/a-long-path';

test('text that is longer than the terminal is broken between words and indented; a pipe gets one line', () => {
  const lines = hanging('! tunnels  ', text, 60).split('\n');
  expect(lines.length).toBeGreaterThan(1);
  for (const [i, line] of lines.entries()) {
    expect(line.length).toBeLessThanOrEqual(60);
    expect(line.startsWith(i === 0 ? '! tunnels  the' : `${' '.repeat(11)}`)).toBe(true);
  }
  expect(lines.map((line) => line.slice(11)).join(' ')).toBe(text);
  expect(hanging('! tunnels  ', text)).toBe(`! tunnels  ${text}`);
});
