import type { HeaderPair } from '../core/delivery.ts';
import { messageId } from '../core/ids.ts';
import { type RetrySchedule, retrySchedule } from '../core/retry-schedule.ts';
import { signedHeaders, signingKey } from '../core/signature.ts';
import { webhookBody } from '../core/trigger-events.ts';
import type { StoredJob } from '../store/jobs.ts';
import type { WebhookEndpoint, WebhookEndpoints } from './endpoints.ts';
import type { EmulatorSettings } from './settings.ts';

/** One webhook to one URL, with all that its sender has to know. */
export interface OutgoingWebhook {
  jobId: string;
  mode: 'direct' | 'svix';
  /** As the job or the portal has it; perhaps not a URL at all. */
  url: string;
  body: Uint8Array;
  userAgent: string;
  /** The headers that sign an attempt which goes out at `now` (ms): fresh each time; none in direct mode. */
  signature(now: number): HeaderPair[];
  schedule: RetrySchedule;
  /** The schedule runs so many times faster. */
  timeScale: number;
  /** ms that the handler has for its whole answer. */
  timeoutMs: number;
  /** Whether an answer of 4xx is tried again. */
  retry4xx: boolean;
}

/** Sends webhooks as Reducto would. */
export interface WebhookSender {
  /**
   * Sends, and sends again by the webhook's schedule.
   * @param tried called when the first attempt has ended: a restart need not send it again
   * @returns whether it was delivered in the end
   */
  send(webhook: OutgoingWebhook, tried: () => void): Promise<boolean>;
  /** Gives up what is under way and closes all connections. */
  close(): Promise<void>;
}

/** The body of a job's webhook: compact JSON with the keys in the documented order. */
function bodyOf(
  job: Pick<StoredJob, 'id' | 'status' | 'metadata'>,
  absent: EmulatorSettings['absentMetadata'],
): Uint8Array {
  const none = absent === 'absent' ? undefined : absent === 'null' ? null : {};
  // A cancelled job that tells at all says "Failed": the documents know no third word.
  const status = job.status === 'Cancelled' ? 'Failed' : job.status;
  const metadata = job.metadata === undefined ? none : job.metadata;
  return webhookBody(status, job.id, metadata);
}

/** The webhooks that the end of a job sends: one, or one for each Svix endpoint that listens. */
export function webhooksOf(
  job: StoredJob,
  settings: EmulatorSettings,
  endpoints: WebhookEndpoints,
  random: () => number,
): OutgoingWebhook[] {
  if (job.webhook === null) return [];
  const body = bodyOf(job, settings.absentMetadata);
  const { userAgent, retrySpeed: timeScale } = settings;
  const common = { jobId: job.id, body, userAgent, timeScale };
  if (job.webhook.mode === 'direct')
    return [
      {
        ...common,
        mode: 'direct',
        url: job.webhook.url,
        signature: () => [],
        schedule: retrySchedule(settings.directRetry, settings.retryBase, settings.retryFactor),
        timeoutMs: settings.directTimeout,
        retry4xx: settings.retry4xx,
      },
    ];
  const id = messageId(random); // one message, the same for every endpoint and every retry
  return endpoints.matching(job.webhook.channels).map((endpoint) => ({
    ...common,
    mode: 'svix',
    url: endpoint.url,
    signature: signer(endpoint, settings.svixHeaders, id, body),
    schedule: retrySchedule(settings.svixRetry),
    timeoutMs: settings.svixTimeout,
    retry4xx: true,
  }));
}

function signer(
  endpoint: WebhookEndpoint,
  prefix: 'svix' | 'webhook',
  id: string,
  body: Uint8Array,
): OutgoingWebhook['signature'] {
  const key = signingKey(endpoint.secret);
  return (now) => {
    return signedHeaders(key, { id, timestamp: Math.floor(now / 1000), prefix }, body);
  };
}
