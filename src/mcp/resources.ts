import { UserError, usageError } from '../core/errors.ts';
import { bounded } from './bounded.ts';
import type { Host } from './host.ts';

/** Deliveries and runs that are listed; older ones are read by their numbers. */
const listed = 50;
/** Characters of a body in one answer. */
const bodyPart = 20_000;

const json = 'application/json';

/** What there is to read, newest first. */
export async function listResources(host: Host) {
  const { deliveries } = await host.run('list', { limit: listed });
  const { runs } = await host.run('check-runs', { limit: listed });
  return [
    ...deliveries.map(({ seq, status, jobId, method, target }) => ({
      uri: `delivery://${seq}`,
      name: `Delivery ${seq}: ${status ?? method} ${jobId ?? target}`,
      mimeType: json,
    })),
    ...runs.map(({ id, kind, verdict }) => ({
      uri: `check-run://${id}`,
      name: `${runNames[kind]} ${id}: ${verdict}`,
      mimeType: json,
    })),
  ];
}

const runNames = { checks: 'Check run', explore: 'Exploration', scenarios: 'Scenarios' } as const;

/** Those that are read by a number. */
export const resourceTemplates = [
  {
    uriTemplate: 'delivery://{number}',
    name: 'A delivery with its attempts',
    mimeType: json,
  },
  {
    uriTemplate: 'delivery://{number}/body{?from}',
    name: `The body of a delivery, ${bodyPart} characters from one on`,
    mimeType: 'text/plain',
  },
  {
    uriTemplate: 'check-run://{number}',
    name: 'A past run of the checks, or an exploration, with its report',
    mimeType: json,
  },
];

/** @throws UserError when there is none */
export async function readResource(host: Host, uri: string): Promise<{ mimeType: string; text: string }> {
  const [, kind, number, rest = ''] =
    /^(delivery|check-run):\/\/(\d{1,9})(\/body(?:\?from=\d{1,12})?)?$/.exec(uri) ?? [];
  if (kind === undefined)
    throw usageError(
      'resource',
      `There is no resource ${uri}: use delivery://12, delivery://12/body?from=0 or check-run://3.`,
    );
  if (kind === 'check-run') {
    const run = await host.run('check-run', { id: Number(number) });
    return {
      mimeType: json,
      text: bounded(run, 'see the page of reducto-webhook-dev, or check-run on the command line').json,
    };
  }
  const detail = await host.run('show', { id: number! });
  if (rest === '')
    return { mimeType: json, text: bounded(detail, `read delivery://${number}/body?from=CHARACTERS`).json };
  return { mimeType: 'text/plain', text: partOf(detail.delivery.body.data, Number(rest.split('=')[1] ?? 0)) };
}

function partOf(body: string, from: number): string {
  if (from > body.length) throw new UserError('range', `The body has ${body.length} characters.`);
  const part = body.slice(from, from + bodyPart);
  const left = body.length - from - part.length;
  return left === 0 ? part : `${part}\n… (${left} characters more: from=${from + part.length})`;
}
