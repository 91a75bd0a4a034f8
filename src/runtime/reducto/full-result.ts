import { UserError } from '../../core/errors.ts';
import { maskBodyText } from '../../core/mask.ts';
import { formatSize } from '../../core/units.ts';

/** Bytes of a result that comes by URL: a result of a thousand pages has some 20 MB. */
const maxResultBytes = 128 * 1024 * 1024;

type Json = Record<string, unknown>;

/**
 * A job with its parse result in place of the URL that a large one comes as.
 * @throws UserError when the URL doesn't answer with it
 */
export async function withFullResult(job: Json, maxBytes = maxResultBytes): Promise<Json> {
  const result = job.result as { result?: { type?: unknown; url?: unknown } } | null | undefined;
  const inner = result?.result;
  if (inner?.type !== 'url' || typeof inner.url !== 'string') return job;
  return { ...job, result: { ...result, result: await download(inner.url, maxBytes) } };
}

/** A job with the secrets masked in the request that it tells of; its result is left as it is. */
export const maskJob = (job: Json): Json =>
  typeof job.raw_config === 'string' ? { ...job, raw_config: maskBodyText(job.raw_config) } : job;

async function download(url: string, maxBytes: number): Promise<unknown> {
  try {
    // Without our key: the URL is enough, and whoever serves it is not Reducto's API.
    const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return parseJson(await readText(answer, maxBytes));
  } catch (error) {
    throw new UserError(
      'result',
      `The URL of the job's result does not answer with it (${(error as Error).message}): see --short.`,
      1,
      { cause: error },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON'); // Node's words quote it, line breaks and all
  }
}

/** A body as text. @throws when it is over `maxBytes` */
async function readText({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`it is over ${formatSize(maxBytes)}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
