import { randomBytes } from 'node:crypto';

/** A form with one file in it, whose length is known before it is read. */
export interface FileForm {
  headers: Record<string, string>;
  body(file: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/**
 * Makes a `multipart/form-data` body as the Node SDK does (a file named, `application/octet-stream`).
 * @param size of the file in bytes
 */
export function multipart({
  name,
  fileName,
  size,
}: {
  name: string;
  fileName: string;
  size: number;
}): FileForm {
  const boundary = `form-data-boundary-${randomBytes(12).toString('hex')}`;
  // As browsers escape them (WHATWG, "multipart/form-data encoding").
  const quoted = fileName.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n\r\n`);
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    },
    async *body(file) {
      yield head;
      yield* file;
      yield tail;
    },
  };
}
