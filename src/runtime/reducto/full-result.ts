import { UserError } from '../../core/errors.ts';
import { maskBodyText } from '../../core/mask.ts';

type Json = Record<string, unknown>;

/**
 * A job with its parse result in place of the URL that a large one comes as.
 * @throws UserError when the URL doesn't answer with it
 */
export async function withFullResult(job: Json): Promise<Json> {
  const result = job.result as { result?: { type?: unknown; url?: unknown } } | null | undefined;
  const inner = result?.result;
  if (inner?.type !== 'url' || typeof inner.url !== 'string') return job;
  return { ...job, result: { ...result, result: await download(inner.url) } };
}

/** A job with the secrets masked in the request that it tells of; its result is left as it is. */
export const maskJob = (job: Json): Json =>
  typeof job.raw_config === 'string' ? { ...job, raw_config: maskBodyText(job.raw_config) } : job;

async function download(url: string): Promise<unknown> {
  try {
    // Without our key: the URL is enough, and whoever serves it is not Reducto's API.
    const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.json();
  } catch (error) {
    throw new UserError(
      'result',
      `The URL of the job's result does not answer with it (${(error as Error).message}): see --short.`,
      1,
      { cause: error },
    );
  }
}
