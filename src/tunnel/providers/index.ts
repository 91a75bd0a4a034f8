import type { TunnelProvider, TunnelProviderSettings } from '../provider.ts';
import { createLocaltunnel } from './localtunnel.ts';

interface Row {
  /** One line for `--help`. */
  help: string;
  /** @throws UserError when the settings are of no use to this provider */
  create(settings: TunnelProviderSettings): TunnelProvider | null;
}

/** The values of `--tunnel`; the first is the default, and null means that there is no tunnel. */
export const tunnelProviders = {
  localtunnel: {
    help: 'a free public URL from loca.lt, or from your own localtunnel server',
    create: createLocaltunnel,
  },
  none: { help: 'no public URL: the receiver is reached on this machine only', create: () => null },
} as const satisfies Record<string, Row>;

/** A value of `--tunnel`. */
export type TunnelProviderName = keyof typeof tunnelProviders;
