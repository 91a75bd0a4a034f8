/** One header as it stood on the wire: name in its own case, value undecoded. */
export type HeaderPair = readonly [name: string, value: string];

/** The first value of a header, whatever the case of its name. */
export function headerValue(headers: readonly HeaderPair[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** Pairs from the flat list `[name, value, name, value …]` that Node and undici give. */
export function pairsOf(flat: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!]);
  return pairs;
}

/** Those that are about one connection (RFC 9110, 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Headers, in lower case, that this tool makes for each attempt: those of the HTTP client (which answers "expect"
 * itself), and those that say where the delivery came from and whose attempt this is.
 */
export const perRequest: readonly string[] = [
  'host',
  'content-length',
  'expect',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-webhook-delivery-id',
  'x-webhook-attempt',
];

/**
 * The headers that travel on: without the hop-by-hop ones, those that `Connection` names,
 * and any in `drop` (lower case).
 */
export function endToEnd(headers: readonly HeaderPair[], drop: readonly string[] = []): HeaderPair[] {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()));
  const gone = new Set([...drop, ...named]);
  return headers.filter(([name]) => !hopByHop.has(name.toLowerCase()) && !gone.has(name.toLowerCase()));
}
