import fc from 'fast-check';
import Reducto from 'reductoai';
import { describe, expect, test } from 'vitest';
import { EmulatorFaults } from '../../src/emulator/faults.ts';
import { startEmulator } from './support.ts';

const statuses = (text: string, seed: number, count: number, path = '/jobs') => {
  const faults = EmulatorFaults.parse(text, seed);
  return Array.from({ length: count }, () => {
    const { instead } = faults.draw('GET', path)?.plan ?? {};
    return instead?.kind === 'status' ? instead.status : 200;
  });
};

describe('the language', () => {
  test('counts down, draws from the seed, and composes', () => {
    expect(statuses('429:2', 1, 4)).toEqual([429, 429, 200, 200]);
    expect(statuses('429:1 503:2', 1, 3)).toEqual([429, 503, 503]);
    const some = statuses('500:30%', 7, 300);
    expect(statuses('500:30%', 7, 300)).toEqual(some);
    expect(statuses('500:30%', 8, 300)).not.toEqual(some);
    const struck = some.filter((status) => status === 500).length;
    expect(struck).toBeGreaterThan(60);
    expect(struck).toBeLessThan(120);
    expect(new Set(statuses('5xx', 3, 100))).toEqual(new Set([500, 502, 503, 504]));
    const { plan } = EmulatorFaults.parse('delay=2s delay=100-200ms 404', 1).draw('GET', '/')!;
    expect(plan.delayMs).toBeGreaterThanOrEqual(2100);
    expect(plan.delayMs).toBeLessThanOrEqual(2200);
    expect(plan.instead).toEqual({ kind: 'status', status: 404 });
  });

  test('may name the endpoint, with its method or without', () => {
    const faults = EmulatorFaults.parse('GET /job:404 /parse_async:429:1', 1);
    const draw = (method: string, path: string) => faults.draw(method, path)?.applied ?? [];
    expect(draw('GET', '/job/abc')).toEqual(['404']);
    expect(draw('DELETE', '/job/abc')).toEqual([]);
    expect(draw('GET', '/jobs')).toEqual([]);
    expect(draw('POST', '/parse_async')).toEqual(['429']);
    expect(draw('POST', '/parse_async')).toEqual([]);
  });

  test('prints what is still to come, as it is read', () => {
    const text =
      'GET /job:404:3 429:20% 5xx:3 delay=0-500ms:50% delay=2s reset lost-ack=503:1 /upload:hang:2';
    expect(EmulatorFaults.parse(text, 1).print()).toBe(text);
    const faults = EmulatorFaults.parse('429:2', 1);
    faults.draw('GET', '/');
    expect(faults.print()).toBe('429:1');
    faults.draw('GET', '/');
    expect(faults.print()).toBe('');
  });

  test.each([
    'no',
    '99',
    '600',
    '429:x',
    '429:',
    ':3',
    'delay',
    'delay=x',
    'duplicate=2',
    'GET',
    'GET /job',
    '/job:',
    'status=',
    '5xx=3',
  ])('does not take %j', (text) => {
    expect(() => EmulatorFaults.parse(text, 1)).toThrow(
      expect.objectContaining({ name: 'UserError', exitCode: 2 }),
    );
  });

  test('never fails in another way', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          EmulatorFaults.parse(text, 1);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UserError' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the API with faults', () => {
  test('is got through by the SDK, which is told how long to wait', async () => {
    const { url, emulator } = await startEmulator({ settings: { retryAfter: '20ms' } });
    const told: (string | null)[] = [];
    const sdk = new Reducto({
      ...{ apiKey: 'k', baseURL: url },
      fetch: async (...request: Parameters<typeof fetch>) => {
        const answer = await fetch(...request);
        told.push(answer.headers.get('retry-after'));
        return answer;
      },
    });
    const { id } = await emulator.createJob({});
    emulator.setFaults('GET /job:429:1 GET /job:503:1');
    expect(await sdk.job.get(id)).toMatchObject({ status: 'Completed' });
    expect(told).toEqual(['0.02', '0.02', null]);
    expect(emulator.fetches(id).map(({ status }) => status)).toEqual([429, 503, 200]);
    expect(emulator.faults).toBe('');
  });

  test('tells of each fault that struck, and leaves the portal alone', async () => {
    const { emulator, call } = await startEmulator({ settings: { fault: '500' } });
    const struck: unknown[] = [];
    emulator.subscribe(
      (event) => event.type === 'fault' && struck.push([event.method, event.path, ...event.applied]),
    );
    expect(await call('GET', '/jobs')).toMatchObject({ status: 500, json: { detail: expect.any(String) } });
    expect((await call('GET', '/svix/portal')).status).toBe(200);
    expect(struck).toEqual([['GET', '/jobs', '500']]);
  });

  test('loses the answer after the work is done: the SDK submits again, and there are two jobs', async () => {
    const { sdk, emulator, call } = await startEmulator();
    for (const fault of ['lost-ack:1', 'lost-ack=reset:1']) {
      emulator.setFaults(fault);
      await sdk.parse.runJob({ input: 'https://example.com/a.pdf' });
    }
    expect(((await call('GET', '/jobs')).json as { jobs: unknown[] }).jobs).toHaveLength(4);
  });

  test('resets, hangs and is late', async () => {
    const { url, emulator, call } = await startEmulator();
    const impatient = new Reducto({ apiKey: 'k', baseURL: url, maxRetries: 0, timeout: 150 });
    emulator.setFaults('reset:1');
    await expect(impatient.job.getAll()).rejects.toBeInstanceOf(Reducto.APIConnectionError);
    emulator.setFaults('hang:1');
    await expect(impatient.job.getAll()).rejects.toBeInstanceOf(Reducto.APIConnectionTimeoutError);
    emulator.setFaults('delay=20d:1 delay=20d:1'); // together more than a timer can wait
    await expect(impatient.job.getAll()).rejects.toBeInstanceOf(Reducto.APIConnectionTimeoutError);
    emulator.setFaults('delay=10ms:1');
    expect((await call('GET', '/jobs')).status).toBe(200);
  });
});
