import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { usageError } from '../core/errors.ts';
import { parseMetadata } from '../core/metadata.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { apiKeyFrom, httpUrl, reductoFromEnv } from '../runtime/reducto/access.ts';
import { ReductoClient } from '../runtime/reducto/client.ts';
import { maskJob } from '../runtime/reducto/full-result.ts';
import { checkSubmission, type JobRequest, makeSubmission } from '../runtime/reducto/submission.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { findRunning, type RunningTool } from './running.ts';
import {
  findInput,
  inputUrls,
  parseSubmitOptions,
  readJson,
  readJsonObject,
  type SubmitOptions,
} from './submit-options.ts';
import { SubmitOutput } from './submit-output.ts';
import { awaitDelivery } from './submit-wait.ts';
import { webhookGoal } from './submit-webhook.ts';

/**
 * `submit`: uploads a document where it is a file, submits a job with this tool's public URL as its webhook, and
 * waits for the delivery. The exit code is 1 when the job failed or the app did not take the delivery.
 * @param given what commander read
 * @throws UserError
 */
export async function submit(givenInput: string | undefined, given: Record<string, unknown>): Promise<void> {
  const { input, options } = findInput(givenInput, parseSubmitOptions(given));
  const settings = resolveSettings({ data: options.data, secret: options.secret }, process.env, findConfig());
  const output = new SubmitOutput(options.output);
  const isFile = !/^[a-z][a-z0-9+.-]+:\/\//i.test(input);
  if (isFile && !existsSync(input))
    throw usageError('input', `${input} does not exist: give a file, or a ${inputUrls} URL.`);
  const request = toRequest(input, options, settings.secret);
  // Before a tunnel is waited for and a file uploaded, whatever can be wrong is looked at.
  checkSubmission(request);
  const dataDir = settings.data ?? defaultDataDir();
  const running = await findRunning(dataDir);
  const client = await toClient(options, running, output);
  const goal = await webhookGoal(options, running, (line) => output.progress(line));

  if (isFile) request.input = await upload(client, input, output);
  const { path, body } = makeSubmission(request, goal);
  const jobId = await client.submit(path, body);
  await running?.session.run('expect-job', { id: jobId });
  output.submitted(jobId, request.type, goal);

  if (!options.wait) return;
  const failed =
    running === null ? output.nobodyWaits() : await awaitDelivery(running, client, jobId, options, output);
  if (options.result) output.result(maskJob(await client.fullJob(jobId)));
  if (failed) process.exitCode = 1;
}

function toRequest(input: string, options: SubmitOptions, secret: string | undefined): JobRequest {
  const { type, schema, instructions, split, pipelineId, priority } = options;
  return {
    ...{ type, input, instructions, pipelineId, priority },
    ...(schema === undefined ? {} : { schema: readJson(schema, '--schema') }),
    ...(split === undefined ? {} : { split: readJson(split, '--split') }),
    metadata: parseMetadata(options.metadata, secret),
    ...(options.options === undefined ? {} : { options: readJsonObject(options.options, '--options') }),
  };
}

/** Reducto itself, or the emulator that was asked for. */
async function toClient(
  { emulator }: SubmitOptions,
  running: RunningTool | null,
  output: SubmitOutput,
): Promise<ReductoClient> {
  const onWait = (ms: number): void =>
    output.progress(`Too many requests (429): trying again in ${formatDuration(ms)}.`);
  if (emulator === undefined) return reductoFromEnv(process.env, onWait);
  const url = emulator === true ? (await running?.status())?.emulator?.url : httpUrl(emulator, '--emulator');
  if (url === undefined)
    throw usageError(
      'no-emulator',
      'No emulator runs: start reducto-webhook-dev 3000 --emulate in another terminal, or give --emulator URL.',
    );
  // The emulator takes any key, unless it was told of one.
  const apiKey = apiKeyFrom(process.env) ?? 'emulator';
  return new ReductoClient({ name: 'The emulator', baseUrl: url, apiKey, onWait });
}

async function upload(client: ReductoClient, file: string, output: SubmitOutput): Promise<string> {
  const name = basename(file);
  const url = await client.upload(file, (sent, total) =>
    output.progress(
      `Uploading ${name}: ${Math.floor((100 * sent) / (total || 1))}% of ${formatSize(total)}`,
      true,
    ),
  );
  output.progress(`Uploaded ${name} as ${url}`);
  return url;
}
