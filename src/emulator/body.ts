import type { Request } from 'express';
import express from 'express';
import { isTooDeep } from '../core/formats/json-text.ts';
import { InvalidRequest } from './errors.ts';

/** Bytes of a JSON body that are taken. */
const maxJsonBody = 20 * 1024 * 1024;

/** Reads a body of any type into `request.body`, so that {@link jsonBody} can judge it. */
export const rawBody = express.raw({ type: () => true, limit: maxJsonBody });

/** JSON that was sent: its value, and the text it was written as. */
export interface JsonBody {
  value: unknown;
  text: string;
}

/**
 * The JSON that was sent, whatever its content type; undefined (with an empty text) when there is no body, which
 * the SDKs send with a JSON content type.
 * @throws InvalidRequest when it is not JSON
 */
export function jsonBody(request: Request): JsonBody {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return { value: undefined, text: '' };
  const text = bytes.toString('utf8');
  if (isTooDeep(text))
    throw new InvalidRequest([{ loc: ['body'], msg: 'The JSON is nested too deeply', type: 'json_invalid' }]);
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    const msg = `JSON decode error: ${(error as Error).message}`;
    throw new InvalidRequest([{ loc: ['body', 0], msg, type: 'json_invalid' }]);
  }
}
