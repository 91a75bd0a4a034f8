import type { JobStore } from '../store/jobs.ts';
import { countPages } from './pdf.ts';

/** A file that was uploaded. Its bytes are not kept: only what of them shapes a result. */
export interface Upload {
  /** `reducto://<uuid>[.ext]`, as documents name it. */
  fileId: string;
  fileName: string | null;
  /** Bytes; null while a presigned upload is waited for. */
  size: number | null;
  /** Pages of a PDF; null when it is none, or can't be read. */
  pages: number | null;
  /** What the presigned URL must carry; null when the file came with the request. */
  token: string | null;
}

/** The files that were uploaded, on disk. */
export class Uploads {
  /** @param newUuid from the run's seed */
  constructor(
    private readonly store: JobStore,
    private readonly newUuid: () => string,
  ) {}

  /** Keeps what is known of a file, or of one that will come to a presigned URL (no `content`). */
  async add(file: {
    extension: string | null;
    fileName: string | null;
    content: { size: number; bytes: Uint8Array | null } | null;
  }): Promise<Upload> {
    const upload: Upload = {
      fileId: `reducto://${this.newUuid()}${file.extension ? `.${file.extension}` : ''}`,
      fileName: file.fileName,
      size: file.content?.size ?? null,
      pages: file.content?.bytes ? await countPages(file.content.bytes) : null,
      token: file.content === null ? this.newUuid() : null,
    };
    await this.store.putItem('upload', upload.fileId, upload);
    return upload;
  }

  get(fileId: string): Upload | null {
    return this.store.item<Upload>('upload', fileId);
  }

  /** Keeps what came to a presigned URL. */
  async complete(upload: Upload, content: { size: number; bytes: Uint8Array | null }): Promise<void> {
    const pages = content.bytes ? await countPages(content.bytes) : null;
    await this.store.putItem('upload', upload.fileId, { ...upload, size: content.size, pages });
  }

  async remove(fileId: string): Promise<void> {
    await this.store.removeItem('upload', fileId);
  }
}
