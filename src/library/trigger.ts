import { randomUUID } from 'node:crypto';
import type { CommandArgs } from '../runtime/commands/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Delivery, loadDelivery } from './delivery.ts';

/** A webhook that is made and sent, without a job at Reducto or in the emulated API being run. */
export interface TriggerOptions {
  /** What happened: `parse.completed` when absent; `trigger --list` of the command line shows all. */
  event?: string;
  /** The job's id; a new one when absent. */
  job?: string;
  /** The job's metadata. */
  metadata?: Readonly<Record<string, unknown>>;
  /** `metadata.secret`. */
  secret?: string;
  /** Whether it is signed as Svix signs. */
  svix?: boolean;
  /** Path of the request, for endpoints that keep it. */
  path?: string;
  /** There instead: a port or URL. */
  to?: string | number;
  /** What to do wrong on purpose, in the fault language. */
  fault?: string;
  /** Repeats what was drawn. */
  seed?: number;
}

/** Makes a delivery, sends it, waits for the app's answer. @throws UserError */
export async function triggerDelivery(
  runtime: Runtime,
  { event = 'parse.completed', job = randomUUID(), metadata, to, ...rest }: TriggerOptions,
): Promise<Delivery> {
  const args: CommandArgs<'trigger'> = {
    ...{ event, jobId: job, ...rest },
    ...(metadata === undefined ? {} : { metadata: [JSON.stringify(metadata)] }),
    ...(to === undefined ? {} : { to: String(to) }),
  };
  const { attempts } = (await runtime.run('trigger', args)) as {
    attempts: readonly { deliverySeq: number }[];
  };
  const seq = attempts[0]?.deliverySeq ?? (await newestOf(runtime, job));
  return loadDelivery(runtime, seq);
}

/** Number of the newest delivery of a job: without an endpoint nothing is sent that would name it. */
async function newestOf(runtime: Runtime, job: string): Promise<number> {
  const { deliveries } = await runtime.run('list', { filter: `job:"${job}"`, limit: 1 });
  return deliveries[0]!.seq;
}
