import { randomBytes } from 'node:crypto';
import { usageError } from '../core/errors.ts';
import { signingKey } from '../core/signature.ts';
import type { JobStore } from '../store/jobs.ts';

/** An endpoint registered in the local portal, as one is in Svix's. */
export interface WebhookEndpoint {
  /** `ep_…` */
  id: string;
  url: string;
  /** Only messages with one of these; null for all. */
  channels: string[] | null;
  /** `whsec_…` */
  secret: string;
}

/** The endpoints that Svix-mode webhooks go to. */
export class WebhookEndpoints {
  /** @param onChange told when one is added or removed */
  constructor(
    private readonly store: JobStore,
    private readonly onChange: () => void,
  ) {}

  list(): WebhookEndpoint[] {
    return this.store.items<WebhookEndpoint>('endpoint').sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Registers an endpoint.
   * @param secret a `whsec_…` of one's own; a new one when absent
   * @throws UserError when the URL is none, or the secret malformed
   */
  async add(endpoint: {
    url: string;
    channels?: readonly string[] | null;
    secret?: string;
  }): Promise<WebhookEndpoint> {
    const url = URL.canParse(endpoint.url) ? new URL(endpoint.url) : null;
    if (url === null || !/^https?:$/.test(url.protocol))
      throw usageError('endpoint', 'Give the URL of the endpoint, as in http://localhost:3000/webhook.');
    const channels = (endpoint.channels ?? []).map((channel) => channel.trim()).filter((each) => each !== '');
    if (endpoint.secret !== undefined) signingKey(endpoint.secret);
    const added: WebhookEndpoint = {
      id: `ep_${randomBytes(12).toString('hex')}`,
      url: url.href,
      channels: channels.length > 0 ? [...new Set(channels)] : null,
      secret: endpoint.secret ?? `whsec_${randomBytes(24).toString('base64')}`,
    };
    await this.store.putItem('endpoint', added.id, added);
    this.onChange();
    return added;
  }

  /** False when there is none with that id. */
  async remove(id: string): Promise<boolean> {
    if (this.store.item('endpoint', id) === null) return false;
    await this.store.removeItem('endpoint', id);
    this.onChange();
    return true;
  }

  /** Those that get a message: all when it names no channels ("omit to send to all channels", published schema). */
  matching(channels: readonly string[] | null): WebhookEndpoint[] {
    return this.list().filter(
      (endpoint) =>
        channels === null ||
        endpoint.channels === null ||
        endpoint.channels.some((each) => channels.includes(each)),
    );
  }
}
