import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { HeaderPair } from './delivery.ts';

/** What stands in place of a secret. */
export const maskText = '••••••';

const secretHeader =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|api-?key|token|secret|signature|password/i;
const secretParameter = /^(token|secret|key|api_?key|access_token|signature|sig|password)$/i;

/** Whether a header carries a credential or a signature. */
export const isSecretHeader = (name: string): boolean => secretHeader.test(name);

/** Headers with the values of {@link isSecretHeader} ones masked. */
export const maskHeaders = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, isSecretHeader(name) ? maskText : value]);

/** A request target (or URL) with the values of query parameters such as `token` masked; the rest untouched. */
export function maskTarget(target: string): string {
  return target.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) =>
    secretParameter.test(name) ? `${mark}${name}=${maskText}` : whole,
  );
}

/** A copy of job metadata with its `secret` masked. */
export function maskMetadata(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null || !('secret' in metadata)) return metadata;
  return { ...metadata, secret: maskText };
}

/**
 * The text of a body with `metadata.secret` masked and every other character as it was sent. In a body that is
 * not whole JSON (cut off, say) every value of a key "secret" is masked.
 */
export function maskBodyText(text: string): string {
  if (!text.includes('secret') && !text.includes('\\u')) return text;
  const tree = parseTree(text, [], { disallowComments: true });
  const node = tree && findNodeAtLocation(tree, ['metadata', 'secret']);
  if (node) {
    const masked = `${text.slice(0, node.offset)}"${maskText}"${text.slice(node.offset + node.length)}`;
    return node.type === 'string' || node.length > 0 ? masked : text;
  }
  return text.replace(/("secret"\s*:\s*)"(?:[^"\\]|\\.)*"?/g, `$1"${maskText}"`);
}
