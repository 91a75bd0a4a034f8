import { describe, expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { emulatorSettings, parseEmulatorSettings } from '../../src/emulator/settings.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { tempDir } from '../support/cleanup.ts';
import { startEmulator } from './support.ts';

describe('the settings', () => {
  test('all have a default that can be read, and a help', () => {
    const settings = parseEmulatorSettings();
    expect(settings).toMatchObject({
      jobTime: { least: 200, most: 3000 },
      jobTtl: 12 * 3_600_000,
      failRate: 0,
      pages: { least: 1, most: 3 },
      urlResultAbove: 1024 * 1024,
      processingStatuses: ['Pending'],
      svixTimeout: 15_000,
      retry4xx: true,
    });
    for (const { help } of Object.values(emulatorSettings)) expect(help).toMatch(/^[^.]{10,}/);
  });

  test.each([
    ['jobTime', '3s-1s'],
    ['jobTime', 'soon'],
    ['jobTtl', '-1s'],
    ['failRate', '101%'],
    ['pages', '0'],
    ['processingStatuses', 'Pending,Done'],
    ['absentMetadata', 'undefined'],
    ['cancelFinishedStatus', '99'],
    ['directRetry', 'often'],
    ['fault', 'nonsense'],
    ['retrySpeed', '0'],
    ['userAgent', 'a\r\nb'],
    ['nothing', '1'],
  ])('%s is not %j', (name, value) => {
    expect(() => parseEmulatorSettings({ [name]: value })).toThrow(
      expect.objectContaining({ name: 'UserError', exitCode: 2, message: expect.stringContaining(name) }),
    );
  });

  test('take JSON as well as text', () => {
    expect(
      parseEmulatorSettings({ jobTime: '0-500ms', failRate: 25, retry4xx: false, seed: 7, jobTtl: '1s' }),
    ).toMatchObject({
      jobTime: { least: 0, most: 500 },
      failRate: 0.25,
      retry4xx: false,
      seed: 7,
      jobTtl: 1000,
    });
  });
});

test('a port that is taken is told with what to do', async () => {
  const { url } = await startEmulator();
  const store = openStore(tempDir());
  const sender = { send: async () => true, close: async () => undefined };
  const second = createEmulator({ store, sender, settings: parseEmulatorSettings() });
  await expect(second.listen(Number(new URL(url).port))).rejects.toMatchObject({ code: 'port-in-use' });
  await second.close();
  await store.close();
});
