import { errors } from 'undici';
import type { AttemptError, AttemptErrorCode } from '../core/delivery.ts';
import { messageOf, systemCode } from '../core/errors.ts';

/** An attempt that this tool ended itself: the abort reason of its request. */
export class AttemptEnded extends Error {
  constructor(readonly outcome: AttemptError) {
    super(outcome.message);
  }
}

const codes: Record<string, AttemptErrorCode> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid-response',
  UND_ERR_HEADERS_OVERFLOW: 'invalid-response',
  UND_ERR_INVALID_ARG: 'failed',
};

const explanations: Partial<Record<AttemptErrorCode, string>> = {
  refused: 'nothing listens there: is the app running?',
  dns: 'the host name is not known',
  unreachable: 'the host can not be reached',
  timeout: 'the connection was not accepted in time',
  reset: 'the app closed the connection before its answer was complete',
  'invalid-response': 'what the app sent is not HTTP',
  tls: 'the TLS handshake failed',
};

/** What an error of the HTTP client means for an attempt to reach `endpoint`. */
export function errorOutcome(error: unknown, endpoint: string): AttemptError {
  if (error instanceof AttemptEnded) return error.outcome;
  const systemError = systemCode(error) ?? '';
  // undici leaves the code of its parser's errors undefined.
  const code = error instanceof errors.HTTPParserError ? 'invalid-response' : codeOf(systemError);
  const detail = explanations[code];
  // undici's own codes say less than its messages.
  const cause = /^(UND_|$)/.test(systemError) ? messageOf(error) : systemError;
  return {
    kind: 'error',
    code,
    message: `${endpoint}: ${detail ? `${detail} (${cause})` : messageOf(error)}`,
  };
}

function codeOf(systemError: string): AttemptErrorCode {
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(systemError)) return 'tls';
  return codes[systemError] ?? 'failed';
}
