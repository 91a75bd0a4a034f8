import { isIPv4, isIPv6 } from 'node:net';
import type { StandIns } from './stand-ins.ts';

/** Names that nobody owns (RFC 2606, RFC 6761), and this machine. */
const reserved = /(?:^|\.)(?:localhost|test|example|invalid|local|internal|example\.(?:com|net|org))$/i;
/** A stand-in belongs to nobody: RFC 2606 reserves this for what is no real host. */
const nobodys = '.example';

/**
 * A host name or an address. Names of nobody and of this machine stay; others end in `.example`, behind a country or a
 * `com` that they had, so that no stand-in is somebody's.
 */
export function scrubHost(host: string, standIns: StandIns): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIPv4(bare) || isIPv6(bare)) return host.replace(bare, () => scrubAddress(bare, standIns));
  if (reserved.test(host)) return host;
  const labels = host.split('.');
  const top = labels.length > 1 ? labels.pop()! : null;
  const others = labels.map((label) => words(label, standIns)).join('.');
  if (top === null) return others;
  return `${others}.${/^[a-z]{2,3}$/i.test(top) ? top : words(top, standIns)}${nobodys}`;
}

const words = (text: string, standIns: StandIns): string =>
  text.replace(/[\p{L}\p{N}\p{M}]+/gu, (word) => standIns.word(word));

/** An IP address: one of the same kind, private or not; that of this machine stays. */
export const scrubAddress = (address: string, standIns: StandIns): string =>
  isIPv4(address) ? scrubIPv4(address, standIns) : scrubIPv6(address, standIns);

/** How many bytes of an IPv4 address say what kind it is of; 4 for those that nobody has, 0 for what is anybody's. */
function fixedBytes([a = 0, b = 0]: readonly number[]): number {
  if (a === 0 || a === 127 || a >= 224) return 4;
  if (a === 10) return 1;
  // RFC 1918, RFC 3927.
  return (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a === 169 && b === 254) ? 2 : 0;
}

function scrubIPv4(address: string, standIns: StandIns): string {
  const bytes = address.split('.').map(Number);
  const fixed = fixedBytes(bytes);
  if (fixed === 4) return address;
  let rest = bytes.slice(fixed);
  // On from what is no such address, so that two never meet.
  do
    rest = standIns.numbers(
      rest,
      rest.map(() => 256),
    );
  while (fixedBytes([...bytes.slice(0, fixed), ...rest]) !== fixed);
  return [...bytes.slice(0, fixed), ...rest].join('.');
}

function scrubIPv6(address: string, standIns: StandIns): string {
  if (/^[0:]*:[01]?$/.test(address)) return address;
  const [, before = '', mapped] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  if (mapped !== undefined) return before + scrubIPv4(mapped, standIns);
  // The first of its groups tells the kind.
  const [, first = '', rest = ''] = /^([\da-f]*:)(.*)$/i.exec(address)!;
  return first + standIns.like(rest, { hex: true });
}
