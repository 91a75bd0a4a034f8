import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { systemCode } from '../core/errors.ts';

/** The platform's data directory for this tool. */
export const defaultDataDir = (): string => envPaths('reducto-webhook-dev', { suffix: '' }).data;

/** The subdomain that belongs to a data directory: made once, so that the public URL is the same tomorrow. */
export function stableSubdomain(dataDir: string): string {
  const path = join(dataDir, 'subdomain');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const alphabet = 'abcdefghjkmnpqrstvwxyz23456789';
  const name = `reducto-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${name}\n`);
  return name;
}
