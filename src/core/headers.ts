import type { HeaderPair } from './delivery.ts';

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

const hopByHop = new Set([
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
 * The headers that travel on: without the hop-by-hop ones (RFC 9110, 7.6.1), those that `Connection` names,
 * and any in `drop` (lower case).
 */
export function endToEnd(headers: readonly HeaderPair[], drop: readonly string[] = []): HeaderPair[] {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()));
  const gone = new Set([...drop, ...named]);
  return headers.filter(([name]) => !hopByHop.has(name.toLowerCase()) && !gone.has(name.toLowerCase()));
}
