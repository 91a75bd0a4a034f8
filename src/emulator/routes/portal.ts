import express, { type Request, type Response, Router } from 'express';
import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import { jsonBody, rawBody } from '../body.ts';
import type { WebhookEndpoint } from '../endpoints.ts';
import { ApiError } from '../errors.ts';
import { portalPage } from '../portal-page.ts';
import { validated } from '../validate.ts';

/** Where the portal is. */
export const portalPath = '/svix/portal';

const added = z.object({
  url: z.string(),
  channels: z.array(z.string()).nullish(),
  secret: z.string().optional(),
});

/**
 * The local stand-in for the Svix portal: a page for people, and JSON for programs. `GET` lists the endpoints with
 * their secrets, `POST {url, channels?, secret?}` adds one, `DELETE …/{id}` removes one.
 */
export function portalRoutes(api: Api): Router {
  const router = Router();
  const { endpoints } = api;
  router.use(portalPath, (request, _response, next) => {
    refuseOtherSites(request);
    next();
  });

  router.get(portalPath, (request, response) => {
    if (request.accepts(['json', 'html']) === 'html') sendPage(response, 200, endpoints.list());
    else response.json({ endpoints: endpoints.list() });
  });

  const form = express.urlencoded({ extended: false, limit: '100kb' });
  router.post(portalPath, form, rawBody, async (request, response) => {
    if (request.is('application/x-www-form-urlencoded')) return submitForm(request, response);
    const { url, channels = null, secret } = validated(added, jsonBody(request).value, 'body');
    try {
      response
        .status(201)
        .json(await endpoints.add({ url, channels, ...(secret === undefined ? {} : { secret }) }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new ApiError(422, error.message, 'invalid_endpoint');
    }
  });

  router.delete(`${portalPath}/:id`, async (request, response) => {
    if (!(await endpoints.remove(String(request.params.id))))
      throw new ApiError(404, 'There is no such endpoint.', 'not_found');
    response.status(204).end();
  });
  return router;

  async function submitForm(request: Request, response: Response): Promise<void> {
    const { remove, url = '', channels = '' } = request.body as Record<string, unknown>;
    try {
      if (typeof remove === 'string') await endpoints.remove(remove);
      else await endpoints.add({ url: String(url), channels: String(channels).split(',') });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return sendPage(response, 422, endpoints.list(), error.message);
    }
    response.redirect(303, portalPath);
  }
}

/** A page of another site must not change anything here: browsers say whose page a request comes from. */
function refuseOtherSites(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, host } = request.headers;
  const site = request.get('sec-fetch-site');
  if ((origin !== undefined && origin !== `http://${host}`) || site === 'cross-site' || site === 'same-site')
    throw new ApiError(403, 'Not from another site.', 'forbidden');
}

function sendPage(
  response: Response,
  status: number,
  list: readonly WebhookEndpoint[],
  problem: string | null = null,
): void {
  response
    .status(status)
    .set({
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .type('html')
    .send(portalPage(list, problem));
}
