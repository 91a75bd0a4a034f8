import { constants } from 'node:buffer';
import { expect, test } from 'vitest';
import { UserError, unlessTooLong } from '../../src/core/errors.ts';

test.each([
  ['V8', thrownBy(() => 'x'.repeat(constants.MAX_STRING_LENGTH + 1))],
  // As Node's own errors are; to provoke it takes 512 MB.
  ['Node', Object.assign(new Error('Cannot create a string longer …'), { code: 'ERR_STRING_TOO_LONG' })],
])('text that %s can not hold is no bug', (_, thrown) => {
  const error = unlessTooLong(thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({
    code: 'too-long',
    exitCode: 1,
    message: expect.stringMatching(/--max-body/),
  });
});

test('all else is what it was', () => {
  for (const error of [new RangeError('Invalid array length'), new UserError('x', 'y'), 'z', null])
    expect(unlessTooLong(error)).toBe(error);
});

test('a message is one line whatever it quotes; what an app printed follows in lines of its own', () => {
  for (const exitCode of [1, 2, 3] as const)
    expect(new UserError('x', 'No such file: a\nb\x1b[2J', exitCode).message).toBe(
      'No such file: a\\nb\\x1b[2J',
    );
  const { message } = new UserError('x', 'It ended.', 3, { lines: ['\tat main', '::error::no\x1b'] });
  expect(message).toBe('It ended.\n  \tat main\n  \\x3a:error::no\\x1b');
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
