import { usageError } from '../../core/errors.ts';
import { placeOf } from '../../dispatch/connect.ts';
import type { TunnelProvider, TunnelSettings } from '../provider.ts';

/**
 * A URL that leads to the receiver's own port already: a reverse proxy, a VPS, a codespace. Nothing is opened, but it is
 * probed as any other.
 * @throws UserError when it is missing
 */
export function createUrl(settings: TunnelSettings): TunnelProvider {
  const url = given(settings);
  return { name: 'url', open: async () => ({ url, note: null, close: async () => undefined }) };
}

/** What answers at it. @throws UserError when it is missing */
export const publicServer = (settings: TunnelSettings): { host: string; port: number } =>
  placeOf(given(settings));

function given({ publicUrl }: TunnelSettings): string {
  if (publicUrl !== undefined) return publicUrl;
  throw usageError(
    'public-url',
    'The tunnel "url" needs the URL that leads here: give for example --public-url https://hooks.example.com.',
  );
}
