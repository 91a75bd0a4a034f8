import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { messageOf, systemCode, UserError } from '../../core/errors.ts';
import { prettyJson } from '../../core/formats/json-text.ts';
import { type JsonText, jsonValue } from '../../core/json.ts';
import { version } from '../../core/version.ts';
import { apiError } from './errors.ts';
import { withFullResult } from './full-result.ts';
import { multipart } from './multipart.ts';

/** Where Reducto's API is (the SDKs' default). */
export const defaultBaseUrl = 'https://platform.reducto.ai';
/** Up to this size a file goes into the form of /upload; above it, to the URL that /upload gives. */
const directUploadBytes = 100 * 1024 * 1024;
// As the SDKs: two more tries, and never a longer wait than a minute.
const retries = 2;
const maxWaitMs = 60_000;

/** How the API is reached. */
export interface ReductoSettings {
  /** What it is called in messages: `Reducto` or `The emulator`. */
  name: string;
  baseUrl: string;
  /** Goes into the request's header and nowhere else. */
  apiKey: string;
  /** Told when a 429 makes it wait, in ms. */
  onWait?(ms: number): void;
}

/** What is sent. */
interface Call {
  method: 'GET' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  /** Makes the body anew for each try. */
  body?(): string | AsyncIterable<Uint8Array>;
}

/** Calls Reducto's REST API; the SDK would be 40 packages. */
export class ReductoClient {
  readonly #base: string;

  constructor(private readonly settings: ReductoSettings) {
    this.#base = settings.baseUrl.replace(/\/+$/, '');
  }

  /** Submits a job. @returns its id @throws UserError */
  async submit(path: string, body: JsonText): Promise<string> {
    // Two spaces, as the Node SDK prints it.
    const answer = await this.#json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: () => prettyJson(body.text)!,
    });
    const id = (answer as { job_id?: unknown } | null)?.job_id;
    if (typeof id !== 'string')
      throw new UserError(
        'reducto',
        `${this.settings.name} answered without a job_id: is this its base URL?`,
      );
    return id;
  }

  /** A job as `GET /job/{id}` has it. @throws UserError, with `reducto-404` for one that is unknown or has expired */
  async job(id: string): Promise<Record<string, unknown>> {
    try {
      return (await this.#json(`/job/${encodeURIComponent(id)}`, { method: 'GET' })) as Record<
        string,
        unknown
      >;
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'reducto-404') throw error;
      throw new UserError(
        error.code,
        `${this.settings.name} knows no job ${id}: a job is known for 12 hours after its end.`,
      );
    }
  }

  /** A job with its whole result, also where that comes as a URL. @throws UserError */
  async fullJob(id: string): Promise<Record<string, unknown>> {
    return withFullResult(await this.job(id));
  }

  /**
   * Uploads a file.
   * @param onProgress told how many bytes of how many have been handed to the network
   * @returns its `reducto://` URL
   * @throws UserError
   */
  async upload(path: string, onProgress: (sent: number, total: number) => void): Promise<string> {
    const { size } = await fileStats(path);
    const extension = extname(path).slice(1);
    const where = `/upload${extension === '' ? '' : `?extension=${encodeURIComponent(extension)}`}`;
    const read = (): AsyncIterable<Uint8Array> => counted(createReadStream(path), size, onProgress);
    if (size <= directUploadBytes) {
      const form = multipart({ name: 'file', fileName: basename(path), size });
      return fileId(
        await this.#json(where, {
          method: 'POST',
          headers: form.headers,
          body: () => form.body(read()),
        }),
      );
    }
    const place = await this.#json(where, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: () => '{}',
    });
    const { presigned_url: url } = place as { presigned_url?: unknown };
    if (typeof url !== 'string')
      throw new UserError('reducto', `${this.settings.name} gave no place to upload a file of this size to.`);
    // The URL is its own key; ours is not for whoever serves it.
    const answer = await this.#send(url, {
      method: 'PUT',
      headers: { 'content-length': String(size) },
      body: read,
    });
    await this.#checked(answer);
    return fileId(place);
  }

  async #json(path: string, call: Call): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      'user-agent': `reducto-webhook-dev/${version}`,
      ...call.headers,
      authorization: `Bearer ${this.settings.apiKey}`,
    };
    for (let tried = 0; ; tried++) {
      const answer = await this.#send(this.#base + path, { ...call, headers });
      // 429 says that nothing was begun; after any other failure a second try could make a second job.
      if (answer.statusCode !== 429 || tried === retries) return this.#checked(answer);
      await answer.body.dump();
      const ms = waitOf(answer.headers, tried);
      this.settings.onWait?.(ms);
      await delay(ms);
    }
  }

  async #checked({ statusCode, body }: Dispatcher.ResponseData): Promise<unknown> {
    const text = await body.text();
    const json = jsonValue(text); // undefined: an answer that is not JSON says nothing but its status
    if (statusCode < 200 || statusCode > 299) throw apiError(this.settings.name, statusCode, json);
    return json;
  }

  async #send(url: string, { method, headers, body }: Call): Promise<Dispatcher.ResponseData> {
    const { request } = (await import('undici')).default; // most runs never ask the API
    try {
      return await request(url, { method, headers: headers ?? {}, body: (body?.() as string) ?? null });
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { origin } = new URL(url);
      const why = systemCode(error) ?? messageOf(error);
      throw new UserError('reducto', `${this.settings.name} can't be reached at ${origin} (${why}).`, 1, {
        cause: error,
      });
    }
  }
}

async function fileStats(path: string): Promise<Stats> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error('it is not a file');
    return stats;
  } catch (error) {
    throw new UserError('file', `${path} can't be uploaded: ${messageOf(error)}.`, 2, { cause: error });
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  total: number,
  onProgress: (sent: number, total: number) => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    onProgress(sent, total);
  }
}

function fileId(answer: unknown): string {
  const id = (answer as { file_id?: unknown } | null)?.file_id;
  if (typeof id !== 'string') throw new UserError('reducto', 'The answer to the upload has no file_id.');
  return id; // begins with reducto:// already
}

/** ms until the next try: what `retry-after` says (seconds), else half a second, doubled each time. */
function waitOf(headers: Dispatcher.ResponseData['headers'], tried: number): number {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Math.min(Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 500 * 2 ** tried, maxWaitMs);
}
