import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { member, read, relayed, stands } from '../support/relay-backends.ts';
import { waitFor } from '../support/wait.ts';

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `rly_${from + index}`);

describe.each(Object.entries(stands))('what a relay stands on: %s', (_, stand) => {
  test('a name is given once, though two ask at once', async () => {
    const { one, other } = await stand({ inboxes: 2 });
    expect(await one.exists('invoices')).toBe(false);
    const claims = await Promise.all([one.claim('invoices', 'aa'), other.claim('invoices', 'bb')]);
    expect(claims.toSorted()).toEqual(['new', 'taken']);
    const owner = claims[0] === 'new' ? 'aa' : 'bb';
    expect(await other.claim('invoices', owner)).toBe('ours');
    expect(await one.claim('invoices', 'cc')).toBe('taken');
    expect(await one.claim('second', 'cc')).toBe('new');
    expect(await other.claim('third', 'cc')).toBe('full');
    await waitFor(() => one.exists('invoices'));
    expect(await other.exists('third')).toBe(false);
  });

  test('what is kept comes to a listener in order, as it was, and to no other inbox', async () => {
    const { one, other } = await stand();
    for (const id of ids(1, 3)) await one.keep('invoices', relayed(id));
    await other.keep('elsewhere', relayed('rly_9'));
    const follower = await other.follow('invoices', 'anna');
    expect(follower.waiting).toBe(3);
    const first = await follower.next(AbortSignal.timeout(10_000));
    expect(first!.before).toBe(true);
    const { body, ...head } = first!.request;
    const { body: sent, at: _at, ...rest } = relayed('rly_1');
    expect(head).toMatchObject(rest);
    expect(Buffer.from(body)).toEqual(sent);
    first!.done();
    expect(await read(follower, 2)).toEqual(['rly_2', 'rly_3']);
    await one.keep('invoices', relayed('rly_4'));
    const later = await follower.next(AbortSignal.timeout(10_000));
    expect(later).toMatchObject({ before: false, request: { id: 'rly_4' } });
    later!.again();
    expect(await follower.next(AbortSignal.timeout(10_000))).toMatchObject({ before: false });
    const ending = new AbortController();
    const waiting = follower.next(ending.signal);
    ending.abort();
    expect(await waiting).toBeNull();
    await follower.close();
  });

  test('what could not be taken comes again', async () => {
    const { one } = await stand();
    for (const id of ids(1, 2)) await one.keep('invoices', relayed(id));
    const follower = await one.follow('invoices', 'anna');
    const kept = await follower.next(AbortSignal.timeout(10_000));
    kept!.again();
    expect((await read(follower, 2)).toSorted()).toEqual(['rly_1', 'rly_2']);
    await follower.close();
  });

  test('who connects anew goes on behind what is on its disk, in order, though the last connection hangs', async () => {
    const { one, other } = await stand();
    for (const id of ids(1, 6)) await one.keep('invoices', relayed(id));
    const hanging = await one.follow('invoices', 'anna');
    await read(hanging, 2);
    await read(hanging, 2, false); // on their way when the connection was cut
    await waitFor(async () => (await peek(one)) === 4);
    await hanging.close();
    const follower = await other.follow('invoices', 'anna');
    expect(await read(follower, 4)).toEqual(ids(3, 6));
    await follower.close();

    /** How much there is for anna. */
    async function peek(backend: typeof one): Promise<number> {
      // One who is new starts where the one furthest ahead is.
      const newcomer = await backend.follow('invoices', `new-${Math.random()}`);
      await newcomer.close();
      return newcomer.waiting;
    }
  });

  test('a new listener starts where the one furthest ahead is, the first at the beginning', async () => {
    const { one, other } = await stand();
    for (const id of ids(1, 4)) await one.keep('invoices', relayed(id));
    const behind = await one.follow('invoices', 'behind');
    expect(behind.waiting).toBe(4);
    expect(await read(behind, 1)).toEqual(['rly_1']);
    await behind.close();
    const ahead = await one.follow('invoices', 'ahead');
    expect(await read(ahead, 2)).toEqual(['rly_2', 'rly_3']);
    await ahead.close();
    const newcomer = await other.follow('invoices', 'new');
    expect(await read(newcomer, 1)).toEqual(['rly_4']);
    const again = await other.follow('invoices', 'behind');
    expect(await read(again, 3)).toEqual(ids(2, 4));
    await Promise.all([newcomer.close(), again.close()]);
  });

  test.each([{ deliveries: 3 }, { bytes: 2500 }])(
    'an inbox that is full says so until a listener has taken what is there: %o',
    async (quota) => {
      const { one, other } = await stand(quota);
      const large = (id: string) => relayed(id, 'x'.repeat(500));
      for (const id of ids(1, 3)) await one.keep('invoices', large(id));
      const full = await one.keep('invoices', large('rly_4')).catch((error: unknown) => error);
      expect(full).toBeInstanceOf(UserError);
      expect(full).toMatchObject({ code: 'inbox-full' });
      await other.keep('elsewhere', large('rly_5'));
      const follower = await one.follow('invoices', 'anna');
      await read(follower, 3);
      await waitFor(async () => {
        await one.keep('invoices', large('rly_6'));
        return true;
      });
      expect(await read(follower, 1)).toEqual(['rly_6']);
      await follower.close();
    },
  );

  test('the first answers, or who was told to lead; the next one when it goes', async () => {
    const { one, other } = await stand();
    expect(one.attended('invoices')).toBe(false);
    const by = async (): Promise<string | undefined> =>
      (await one.ask('invoices', relayed('rly_1'), 5000))?.headers[0]?.[1];
    expect(await by()).toBeUndefined();
    const [anna, ben, cleo] = [member('anna'), member('ben'), member('cleo', { lead: true })];
    const annas = await one.join('invoices', anna);
    expect(annas.leads).toBe(true);
    await waitFor(() => other.attended('invoices'));
    const bens = await other.join('invoices', ben);
    expect(bens.leads).toBe(false);
    expect(await by()).toBe('anna');
    const cleos = await other.join('invoices', cleo);
    expect(cleos.leads).toBe(true);
    await waitFor(() => anna.told.at(-1) === false);
    expect(await by()).toBe('cleo');
    await cleos.leave();
    await waitFor(() => anna.told.at(-1) === true);
    expect(await by()).toBe('anna');
    await annas.leave();
    await waitFor(() => ben.told.at(-1) === true);
    expect(await by()).toBe('ben');
    await bens.leave();
    await waitFor(() => !one.attended('invoices'));
    expect(await by()).toBeUndefined();
  });

  test('who is gone is passed over; who is silent is not', async () => {
    const { one, other } = await stand();
    const gone = await other.join('invoices', member('gone', { lead: true, serve: async () => 'gone' }));
    await waitFor(() => one.attended('invoices'));
    const next = await one.join('invoices', member('next'));
    await waitFor(() => gone.leads && !next.leads);
    const answer = await one.ask('invoices', relayed('rly_1'), 5000);
    expect(answer).toMatchObject({ status: 200, headers: [['x-by', 'next']] });
    expect(Buffer.from(answer!.body)).toEqual(Buffer.from(relayed('rly_1').body));
    await gone.leave();
    await next.leave();
    await waitFor(() => !one.attended('invoices') && !other.attended('invoices'));
    await other.join('invoices', member('silent', { lead: true, serve: async () => null }));
    await waitFor(() => one.attended('invoices'));
    await one.join('invoices', member('never asked'));
    expect(await one.ask('invoices', relayed('rly_2'), 5000)).toBeNull();
  });

  test('a probe is answered by the one who knows it', async () => {
    const { one, other } = await stand();
    const not = { status: 404, headers: [], body: Buffer.alloc(0) };
    await one.join('invoices', member('no', { serve: async () => not }));
    await other.join('invoices', member('none', { serve: async () => null }));
    expect(await one.probe('invoices', relayed('rly_1'), 5000)).toBeNull();
    await other.join('invoices', member('mine'));
    await waitFor(async () => {
      const answer = await one.probe('invoices', relayed('rly_2'), 5000);
      expect(answer).toMatchObject({ status: 200, headers: [['x-by', 'mine']] });
      return true;
    });
  });

  test('it says whether it works', async () => {
    const { one } = await stand();
    expect(await one.problem()).toBeNull();
  });
});
