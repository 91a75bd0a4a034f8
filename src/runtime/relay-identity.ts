import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../core/errors.ts';
import { jsonValue } from '../core/json.ts';
import type { TakeRelayed } from '../core/relay.ts';
import type { RelayIdentity } from '../tunnel/provider.ts';
import { readDataFile, writeDataFile } from './data-dir.ts';

const kept = z.object({
  /** By which relays know this data directory. */
  listener: z.string().regex(/^[0-9a-f]{32}$/),
  /** Keys of inboxes, by the relay's URL and the inbox's name. */
  keys: z.record(z.string(), z.string().min(1)),
});

type Kept = z.output<typeof kept>;

const fileOf = (dataDir: string): string => join(dataDir, 'relay.json');

/** @throws UserError when the file is there and can't be read: a new key would open no inbox */
function read(dataDir: string): Kept {
  const text = readDataFile(fileOf(dataDir));
  if (text === null) return { listener: randomBytes(16).toString('hex'), keys: {} };
  const parsed = kept.safeParse(jsonValue(text));
  if (parsed.success) return parsed.data;
  throw new UserError(
    'relay-keys',
    `${fileOf(dataDir)} can't be read, which holds the keys of your inboxes: mend it, or move it away and choose other names with --inbox.`,
  );
}

/** A relay's URL as keys are found by it. */
export const relayName = (relay: string): string => {
  const { origin, pathname } = new URL(relay);
  return origin + pathname.replace(/\/+$/, '');
};

const nameOf = (relay: string, inbox: string): string => `${relayName(relay)} ${inbox}`;

/**
 * Who listens to relays on behalf of a data directory.
 * @param take the receiver's, which gets what comes
 * @throws UserError when the file of keys is damaged
 */
export function relayIdentity(dataDir: string, take: TakeRelayed): RelayIdentity {
  const mine = read(dataDir);
  const write = (): void => void writeDataFile(fileOf(dataDir), `${JSON.stringify(mine, null, 2)}\n`, true);
  write();
  return {
    listener: mine.listener,
    take,
    keyOf(relay, inbox) {
      const name = nameOf(relay, inbox);
      const known = mine.keys[name];
      if (known !== undefined) return known;
      const key = randomBytes(32).toString('base64url');
      mine.keys[name] = key;
      write(); // before anybody learns of it: the name is held by it alone
      return key;
    },
  };
}

/** The keys that a data directory holds. */
export const inboxKeys = (dataDir: string): { relay: string; inbox: string; key: string }[] =>
  Object.entries(read(dataDir).keys).map(([name, key]) => {
    const [relay = '', inbox = ''] = name.split(' ');
    return { relay, inbox, key };
  });
