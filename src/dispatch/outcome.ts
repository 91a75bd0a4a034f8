import type { AttemptError, AttemptErrorCode } from '../core/delivery.ts';
import { messageOf, systemCode } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { maxHeadBytes } from './answer-head.ts';
import { CertificateError, speaksTls } from './connect.ts';

/** An attempt that this tool ended itself: the abort reason of its request. */
export class AttemptEnded extends Error {
  constructor(readonly outcome: AttemptError) {
    super(outcome.message);
  }
}

/** What an app sent that can't be the answer to a delivery. */
export class InvalidAnswer extends Error {}

const codes: Record<string, AttemptErrorCode> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

const explanations: Partial<Record<AttemptErrorCode, string>> = {
  refused: 'nothing listens there: is the app running?',
  dns: 'the host name is not known: is it in the hosts file of this machine, or spelled otherwise?',
  unreachable: 'the host can not be reached: is it on this network?',
  timeout: 'the connection was not accepted in time',
  reset: 'the app closed the connection before its answer was complete',
  tls: 'the TLS handshake failed: is it http that the app speaks?',
};

/** ms for finding out whether an app speaks TLS after all. */
const tlsProbeMs = 300;

/** Whom an attempt was to reach. */
export interface Addressee {
  endpoint: string;
  origin: string;
  /** Whether it has answered before, so that what it speaks is known. */
  known: boolean;
}

/** What an error of the HTTP client means for an attempt. */
export async function errorOutcome(
  error: unknown,
  { endpoint, origin, known }: Addressee,
): Promise<AttemptError> {
  if (error instanceof AttemptEnded) return error.outcome;
  const code = codeOf(error);
  if (
    (code === 'reset' || isTlsAlert(error)) &&
    !known &&
    origin.startsWith('http:') &&
    (await speaksTls(origin, tlsProbeMs))
  )
    return outcome('tls', endpoint, `the app speaks https: give it as ${origin.replace('http:', 'https:')}`);
  return outcome(code, endpoint, explain(code, error));
}

/** Whether an answer begins as a TLS alert does (RFC 8446, 5.1), which is how many servers refuse plain HTTP. */
const isTlsAlert = (error: unknown): boolean => (error as { rawPacket?: Uint8Array }).rawPacket?.[0] === 0x15;

const outcome = (code: AttemptErrorCode, endpoint: string, why: string): AttemptError => ({
  kind: 'error',
  code,
  message: `${endpoint}: ${why}`,
});

function codeOf(error: unknown): AttemptErrorCode {
  const code = systemCode(error) ?? '';
  if (error instanceof InvalidAnswer || code.startsWith('HPE_')) return 'invalid-response';
  if (error instanceof CertificateError || /SSL|TLS|EPROTO/.test(code)) return 'tls';
  return codes[code] ?? 'failed';
}

function explain(code: AttemptErrorCode, error: unknown): string {
  if (error instanceof CertificateError)
    return `its certificate is not trusted (${error.code}): --insecure takes it all the same`;
  if (code === 'invalid-response') return `what the app sent is not HTTP: ${causeOf(error)}`;
  const said = explanations[code];
  const cause = systemCode(error) ?? messageOf(error);
  return said ? `${said} (${cause})` : messageOf(error);
}

/** What the parser of HTTP found, and what it found it in. */
function causeOf(error: unknown): string {
  const { code, reason, rawPacket } = error as { code?: string; reason?: string; rawPacket?: Uint8Array };
  if (code === 'HPE_HEADER_OVERFLOW') return `its headers are over ${maxHeadBytes / 1024} KB`;
  if (error instanceof InvalidAnswer || reason === undefined) return messageOf(error);
  const bytes = rawPacket?.subarray(0, 60) ?? new Uint8Array();
  const text = printable(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\r\n]+/g, ' '),
  ).trim();
  return text === '' ? reason : `${reason}, in "${text}${rawPacket!.length > 60 ? '…' : ''}"`;
}
