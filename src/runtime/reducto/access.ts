import { usageError } from '../../core/errors.ts';
import { defaultBaseUrl, ReductoClient, type ReductoSettings } from './client.ts';

/**
 * A client for the service itself, by what the environment says.
 * @throws UserError when there is no key, or it or the base URL can't be used
 */
export function reductoFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  onWait?: ReductoSettings['onWait'],
): ReductoClient {
  const apiKey = apiKeyFrom(env);
  if (apiKey === undefined)
    throw usageError(
      'api-key',
      'There is no API key: set REDUCTO_API_KEY, or use --emulator, which needs none.',
    );
  const baseUrl = env.REDUCTO_BASE_URL || defaultBaseUrl;
  return new ReductoClient({
    name: 'Reducto',
    baseUrl: httpUrl(baseUrl, 'REDUCTO_BASE_URL'),
    apiKey,
    ...(onWait ? { onWait } : {}),
  });
}

/** The key in the environment; undefined when there is none. @throws UserError when it can't be one */
export function apiKeyFrom(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const key = env.REDUCTO_API_KEY?.trim();
  if (!key) return undefined;
  // It would be refused as a header, with an error that shows it.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw usageError('api-key', 'REDUCTO_API_KEY has characters that no key has: copy it again.');
  return key;
}

/** `text`, once it is sure to be an http(s) URL. @param label how it was given @throws UserError */
export function httpUrl(text: string, label: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw usageError('url', `${label}: "${text}" is not an http(s) URL.`);
  return text;
}
