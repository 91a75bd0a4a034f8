import { expect, test } from 'vitest';
import { command, openPage } from './support/page.ts';

test('held deliveries are put in order by keys and by dragging; the app gets them so, one when it is done with the last', async () => {
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { page, tool, app } = await openPage({
    answer: async ({ number }) => {
      if (number === 1) await answered;
      return { status: 200 };
    },
  });
  const { receiverUrl } = await tool.ready;
  await command(tool, 'hold', {});
  const queue = page.getByRole('region', { name: 'Held deliveries' });
  const answers: Promise<Response>[] = [];
  for (const [i, body] of ['a', 'b', 'c'].entries()) {
    answers.push(fetch(receiverUrl, { method: 'POST', body }));
    await queue.getByRole('listitem').nth(i).waitFor();
  }
  const [first, , third] = await queue.getByRole('listitem').locator('button:first-child').all();

  await third!.focus();
  await page.keyboard.press('Alt+ArrowUp');
  await queue.getByRole('listitem').nth(1).getByText('#3').waitFor();
  await queue.getByRole('listitem').nth(2).dragTo(first!);
  await queue.getByRole('listitem').nth(0).getByText('#2').waitFor();

  await page.keyboard.press('H');
  await queue.getByText('#2').waitFor({ state: 'detached' });
  await app.received(1);
  expect(await queue.getByRole('listitem').count()).toBe(2);
  answer();
  await Promise.all(answers);
  await queue.waitFor({ state: 'detached' });
  expect((await app.received(3)).map(({ body }) => body.toString())).toEqual(['b', 'a', 'c']);
  await page.locator('.notices').getByText('Holding ended, 3 deliveries released').waitFor();
});
