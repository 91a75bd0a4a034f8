import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { type Request, type Response, Router } from 'express';
import * as z from 'zod';
import { messageOf } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { Api } from '../api.ts';
import { jsonBody, rawBody } from '../body.ts';
import { ApiError } from '../errors.ts';
import { decoded } from '../path.ts';
import { validated } from '../validate.ts';

/** A file that came: its length and, where it is not too long to look into, its bytes. */
interface Content {
  size: number;
  bytes: Buffer | null;
}

// Longer files are counted only.
const keptBytes = 30 * 1024 * 1024;

// What a presigned PUT takes (docs.reducto.ai/upload/large-files).
const maxPresigned = 5 * 1024 ** 3;

// No file system knows longer names; what is longer is cut, since it is kept and shown with each list.
const maxName = 255;
// As Starlette, on which the API stands, has it (starlette.dev/requests, "max_fields").
const maxParts = 1000;

const uploadBody = z.looseObject({ file: z.string().nullish() }).optional();

/** `POST /upload` (multipart, JSON or empty), the presigned `PUT` that the last leads to, and the deletion. */
export function uploadRoutes(api: Api): Router {
  const router = Router();

  router.post('/upload', async (request, response) => {
    const file = request.is('multipart/form-data')
      ? await readMultipart(request, api.settings.maxUpload)
      : await readJson(request, response);
    const wanted = new URLSearchParams(request.originalUrl.split('?')[1]).get('extension');
    const upload = await api.uploads.add({
      fileName: file?.name?.slice(0, maxName) ?? null,
      extension:
        extensionOf(wanted) ?? extensionOf(file?.name?.slice(-maxName).split('.').slice(1).pop() ?? null),
      content: file?.content ?? null,
    });
    const name = upload.fileId.slice('reducto://'.length);
    response.json({
      file_id: upload.fileId,
      presigned_url: upload.token && `${api.baseUrl()}/files/uploads/${name}?token=${upload.token}`,
    });
  });

  router.delete('/upload/*id', async (request, response) => {
    const id = decoded(request.path.slice('/upload/'.length));
    if (id === null) throw new ApiError(400, 'The path is not valid percent-encoding.', 'bad_request');
    const fileId = id.startsWith('reducto://') ? id : `reducto://${id}`;
    if (api.uploads.get(fileId) === null) throw new ApiError(404, 'File not found', 'not_found');
    await api.uploads.remove(fileId);
    response.status(202).json({});
  });
  return router;
}

/** `PUT` to a presigned URL: no key is asked for, the token in the URL is enough. */
export function presignedRoutes(api: Api): Router {
  const router = Router();
  router.put('/files/uploads/:name', async (request, response) => {
    const upload = api.uploads.get(`reducto://${request.params.name}`);
    const given = new URLSearchParams(request.originalUrl.split('?')[1]).get('token');
    if (upload === null || upload.token === null || given !== upload.token)
      throw new ApiError(403, 'This upload URL is not valid.', 'forbidden');
    await api.uploads.complete(upload, await collect(request, maxPresigned));
    response.status(200).end();
  });
  return router;
}

const extensionOf = (text: string | null): string | null =>
  /^\.?([a-z0-9]{1,16})$/i.exec(text ?? '')?.[1] ?? null;

/** JSON: `{"file": "…"}` is text that counts as the file; anything else asks for a presigned URL. */
async function readJson(
  request: Request,
  response: Response,
): Promise<{ name: string | null; content: Content } | null> {
  await new Promise<void>((resolve, reject) =>
    rawBody(request, response, (error) => (error ? reject(error) : resolve())),
  );
  const file = validated(uploadBody, jsonBody(request).value, 'body')?.file;
  if (file === undefined || file === null) return null;
  return { name: file, content: { size: Buffer.byteLength(file), bytes: null } };
}

/** The part `file` of a form; null when there is none. */
function readMultipart(
  request: Request,
  limit: number,
): Promise<{ name: string | null; content: Content } | null> {
  return new Promise((resolve, reject) => {
    const unreadable = (error: unknown): void =>
      reject(new ApiError(400, `There was an error parsing the body: ${messageOf(error)}`, 'bad_request'));
    let form: BusboyInstance;
    try {
      form = new Busboy({ headers: request.headers as BusboyHeaders, limits: { parts: maxParts } });
    } catch (error) {
      return unreadable(error);
    }
    let file: Promise<{ name: string | null; content: Content }> | null = null;
    form.on('file', (field, stream, name) => {
      if (field !== 'file' || file !== null) return void stream.resume();
      file = collect(stream, limit).then((content) => ({ name: name || null, content }));
      file.catch((error) => {
        stream.resume();
        reject(error);
      });
    });
    form.on('error', unreadable);
    // The rest is thrown away unread: to look for parts in it would cost the others their time.
    form.on('partsLimit', () => {
      request.unpipe(form).resume();
      unreadable(new Error(`it has more than ${maxParts} parts`));
    });
    form.on('finish', () => resolve(file));
    request.on('aborted', () => unreadable(new Error('the sender went away')));
    request.pipe(form);
  });
}

/** Reads a stream to its end. @throws ApiError (413) beyond `limit` bytes */
async function collect(stream: AsyncIterable<Buffer>, limit: number): Promise<Content> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit)
      throw new ApiError(
        413,
        `The file is over ${formatSize(limit)}${limit < maxPresigned ? ': use the presigned URL of an /upload without a file' : ''}.`,
        'too_large',
      );
    if (size <= keptBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { size, bytes: size <= keptBytes ? Buffer.concat(chunks) : null };
}
