import { maskBodyText, maskText } from './mask-json.ts';

const secretParameter =
  /api[-_]?key|token|secret|signature|passw|credential|jwt|^(key|sig|auth|authorization)$/i;

/**
 * A request target (or URL) with the values of parameters such as `token` masked, in its query and its fragment, and
 * a password before its host; the rest untouched.
 */
export function maskTarget(target: string): string {
  const plain = target.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:)[^/?#@]+@/i, `$1${maskText}@`);
  const start = plain.search(/[?&#]/) + 1;
  return start === 0 ? plain : plain.slice(0, start) + maskParameters(plain.slice(start), maskText);
}

/** A form's body (application/x-www-form-urlencoded) with the values of such parameters masked. */
export const maskForm = (text: string, mark: string): string => maskParameters(text, mark);

function maskParameters(text: string, mark: string): string {
  return text
    .split(/([&#])/)
    .map((part) => maskParameter(part, mark))
    .join('');
}

function maskParameter(parameter: string, mark: string): string {
  const equals = parameter.indexOf('=');
  // A second "?" is a mistake of whoever put the URL together, and some servers read on behind it.
  if (equals <= 0) return parameter;
  const [name, value] = [parameter.slice(0, equals), parameter.slice(equals + 1)];
  if (secretParameter.test(lenient(name)) || secretParameter.test(lenient(name).replace(/^.*\?/s, '')))
    return `${name}=${mark}`;
  // JSON as a value, which is how some senders post it.
  const json = /secret|%5c|%73|\\u/i.test(value) ? lenient(value) : '';
  const masked = maskBodyText(json, mark);
  return masked === json ? parameter : `${name}=${encode(masked, mark)}`;
}

/** Percent-encoded text as a lenient server reads it: what is no encoding stays. */
const lenient = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** The other way, but for the mask, which is to be read. */
const encode = (text: string, mark: string): string =>
  text
    .split(mark)
    .map((part) =>
      part.replace(
        /[^A-Za-z0-9._~-]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      ),
    )
    .join(mark);

const partName = /name\s*=\s*("[^"\r\n]{0,200}"?|[^;\s]{1,200})/i;

/** A multipart body (RFC 7578) with the contents of the parts that have such a name masked. */
export function maskMultipart(text: string, boundary: string, mark: string): string {
  const delimiter = `--${boundary}`;
  return text
    .split(delimiter)
    .map((part) => {
      const gap = /\r?\n\r?\n/.exec(part);
      if (!gap) return part;
      const head = part.slice(0, gap.index);
      if (!secretParameter.test(lenient(partName.exec(head)?.[1] ?? ''))) return part;
      const end = /\r?\n$/.exec(part.slice(-2))?.[0] ?? '';
      return `${head}${gap[0]}${mark}${end}`;
    })
    .join(delimiter);
}
