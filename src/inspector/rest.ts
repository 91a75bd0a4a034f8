import { type Request, type Response, Router } from 'express';
import { UserError } from '../core/errors.ts';
import { type BodyRecord, bodyBytes, type DeliveryDetail } from '../core/record.ts';
import { describeCommands } from '../runtime/describe.ts';
import { sendJson, tellError, truth, whileWaitedFor } from './answers.ts';
import type { ApiBackend } from './backend.ts';
import { sendExport } from './export.ts';

/** Errors that say that what a path names is not there. */
const missing = new Set(['no-delivery', 'no-attempt', 'no-answer']);

/**
 * Reading without a command: `GET /deliveries` (the arguments of `list` as the query), `/deliveries/{id}`,
 * `/deliveries/{id}/body`, `/deliveries/{id}/attempts/{number}/body` (the app's answer) and `…/request-body`, and
 * `GET /export` (the arguments of `export`). Secrets are masked unless `?secrets=true`. `GET /openapi.json` describes all of the API.
 */
export function reading(backend: () => ApiBackend): Router {
  const router = Router();
  const read = async (response: Response, id: string, args: object): Promise<unknown> =>
    await backend().run(id, { ...args, secrets: asked(response.req) }, { signal: whileWaitedFor(response) });
  const detail = async ({ params }: Request, response: Response): Promise<DeliveryDetail> =>
    (await read(response, 'show', { id: params.id })) as DeliveryDetail;

  router.get('/openapi.json', async (request, response) => {
    const { openApi } = await import('./openapi/document.ts');
    await sendJson(response, openApi(request.socket.localPort!));
  });
  router.get('/page', (_request, response) => {
    response.json({ keys: backend().page?.keys ?? {}, commands: describeCommands() });
  });
  router.get('/deliveries', async (request, response) => {
    await sendJson(response, await read(response, 'list', request.query));
  });
  router.get('/deliveries/:id', async (request, response) => {
    await sendJson(response, await detail(request, response));
  });
  router.get('/deliveries/:id/body', async (request, response) => {
    const { delivery } = await detail(request, response);
    download(response, `delivery-${delivery.seq}`, delivery.body);
  });
  router.get('/deliveries/:id/attempts/:number/request-body', async (request, response) => {
    const { delivery, attempt } = attemptOf(await detail(request, response), request);
    download(response, `${nameOf(attempt)}-request`, attempt.request.body ?? delivery.body);
  });
  router.get('/deliveries/:id/attempts/:number/body', async (request, response) => {
    const { attempt } = attemptOf(await detail(request, response), request);
    if (attempt.outcome.kind !== 'response')
      throw new UserError('no-answer', `Attempt ${attempt.number} has no answer.`);
    download(response, `${nameOf(attempt)}-answer`, attempt.outcome.body);
  });
  router.get('/export', async (request, response) => {
    await sendExport(response, asked(request), backend());
  });
  // Four parameters make it express's handler of errors.
  router.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    tellError(response, error, error instanceof UserError && missing.has(error.code) ? 404 : undefined);
  });
  return router;
}

/** Whether secrets are asked for. @throws UserError for anything that says neither yes nor no */
const asked = ({ query: { secrets = 'false' } }: Request): boolean => truth(secrets, 'secrets');

function attemptOf({ delivery, attempts }: DeliveryDetail, { params }: Request) {
  const attempt = attempts.find(({ number }) => String(number) === params.number);
  if (!attempt)
    throw new UserError('no-attempt', `Delivery #${delivery.seq} has no attempt ${params.number}.`);
  return { delivery, attempt };
}

const nameOf = ({ deliverySeq, number }: DeliveryDetail['attempts'][number]): string =>
  `delivery-${deliverySeq}-attempt-${number}`;

/** A body as a file: never shown by the browser, whatever it is. */
function download(response: Response, name: string, body: BodyRecord): void {
  response
    .set({
      'content-disposition': `attachment; filename="${name}.bin"`,
      'content-type': 'application/octet-stream',
    })
    .send(Buffer.from(bodyBytes(body)));
}
