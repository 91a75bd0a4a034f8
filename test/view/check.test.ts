import { expect, test } from 'vitest';
import { runLook } from '../../src/view/check.ts';

test.each([
  [0, false, '✓'],
  [1, false, '✗'],
  [1, true, '✗'],
  [0, true, '–'],
])('a run that ended with %i, stopped: %s, is marked %s', (exitCode, interrupted, symbol) => {
  expect(runLook({ exitCode, interrupted }).symbol).toBe(symbol);
});
