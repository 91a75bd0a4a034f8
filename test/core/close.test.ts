import { expect, test } from 'vitest';
import { closeAll } from '../../src/core/close.ts';

const failing = (name: string) => (): never => {
  throw new Error(name);
};

test('closes in order, one after another', async () => {
  const closed: string[] = [];
  const later = async (): Promise<void> => {
    await new Promise(setImmediate);
    closed.push('later');
  };
  await closeAll(later, () => closed.push('last'));
  expect(closed).toEqual(['later', 'last']);
});

test('each is closed although another fails, and the failure is told', async () => {
  const closed: string[] = [];
  await expect(
    closeAll(
      () => Promise.reject(new Error('a')),
      () => closed.push('b'),
    ),
  ).rejects.toThrow('a');
  expect(closed).toEqual(['b']);
  const all = closeAll(failing('a'), () => closed.push('c'), failing('d'));
  await expect(all).rejects.toMatchObject({ errors: [{ message: 'a' }, { message: 'd' }] });
  expect(closed).toEqual(['b', 'c']);
});
