/** How the parts of a URL are replaced; each is given and taken as text, without its percent-encoding. */
export interface UrlParts {
  host(host: string): string;
  segment(text: string): string;
  /** The name of a parameter. */
  name(text: string): string;
  value(text: string, name: string): string;
  /** What has no structure of its own: user, password, fragment. */
  other(text: string): string;
}

/** Whether a text begins as a URL with a host does. */
const schemed = /^([a-z][a-z\d+.-]*:\/\/)([^/?#]*)(.*)$/is;

/** A URL, or a request's target: path and query. What is not replaced stays as it is written. */
export function scrubUrl(url: string, parts: UrlParts): string {
  const [, scheme = '', authority = '', rest = url] = schemed.exec(url) ?? [];
  const named = /^(?:https?|wss?|s?ftp):/i.test(scheme);
  // Behind other schemes stands no host, as in reducto://FILE-ID.pdf.
  const first = named ? scrubAuthority(authority, parts) : scrubEncoded(authority, parts.segment);
  return scheme + first + scrubTarget(rest, parts);
}

function scrubAuthority(authority: string, parts: UrlParts): string {
  const at = authority.lastIndexOf('@') + 1;
  const user = authority
    .slice(0, at)
    .split(/([:@])/)
    .map((part) => (part === ':' || part === '@' ? part : scrubEncoded(part, parts.other)))
    .join('');
  return user + scrubHostAndPort(authority.slice(at), parts);
}

/** A host with a port or without. */
export function scrubHostAndPort(text: string, { host }: Pick<UrlParts, 'host'>): string {
  const [, name = '', port = ''] = /^(.*?)((?::\d{0,5})?)$/s.exec(text)!;
  return (name === '' ? '' : host(name)) + port;
}

function scrubTarget(target: string, parts: UrlParts): string {
  const hash = target.indexOf('#');
  const [before, fragment] = hash === -1 ? [target, ''] : [target.slice(0, hash), target.slice(hash)];
  const mark = before.indexOf('?');
  const [path, query] = mark === -1 ? [before, ''] : [before.slice(0, mark), before.slice(mark + 1)];
  return (
    path
      .split('/')
      .map((segment) => scrubEncoded(segment, parts.segment))
      .join('/') +
    (mark === -1 ? '' : `?${scrubForm(query, parts)}`) +
    (fragment === '' ? '' : `#${scrubEncoded(fragment.slice(1), parts.other)}`)
  );
}

/** Parameters: a query, or a body of the type application/x-www-form-urlencoded. */
export const scrubForm = (form: string, { name, value }: Pick<UrlParts, 'name' | 'value'>): string =>
  form
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      if (equals === -1) return scrubEncoded(parameter, name, true);
      const key = parameter.slice(0, equals);
      const plain = decoded(key, true);
      return `${scrubEncoded(key, name, true)}=${scrubEncoded(parameter.slice(equals + 1), (text) => value(text, plain), true)}`;
    })
    .join('&');

/** One part that is percent-encoded. @param plus whether "+" is a space */
export function scrubEncoded(raw: string, replace: (text: string) => string, plus = false): string {
  const text = decoded(raw, plus);
  const replaced = replace(text);
  return replaced === text ? raw : encoded(replaced, raw, plus);
}

function decoded(raw: string, plus: boolean): string {
  const spaced = plus ? raw.replaceAll('+', ' ') : raw;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not UTF-8, or no encoding: a character a byte.
    return spaced.replace(/%([\da-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
}

/** The other way: characters that stood in `raw` as they are stay so. */
function encoded(text: string, raw: string, plus: boolean): string {
  const plain = new Set(raw.replace(/%[\da-f]{2}|[%+]/gi, ''));
  const utf8 = isUtf8Encoded(raw);
  return text.replace(/[^A-Za-z\d._~-]/gu, (char) => {
    if (plain.has(char)) return char;
    if (char === '+' && !plus && raw.includes('+')) return char;
    if (char === ' ' && plus && raw.includes('+')) return '+';
    return [...Buffer.from(char, utf8 ? 'utf8' : 'latin1')]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('');
  });
}

function isUtf8Encoded(raw: string): boolean {
  try {
    decodeURIComponent(raw);
    return true;
  } catch {
    return false; // it has one way to fail
  }
}
