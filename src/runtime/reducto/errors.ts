import { UserError } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';

const maxLength = 400;

/**
 * An answer of the API that is no success, as an error in one line.
 * @param api what is spoken to: `Reducto` or `The emulator`
 * @param body as far as it is JSON; undefined when it is not
 */
export function apiError(api: string, status: number, body: unknown): UserError {
  const reason = reasonIn(body);
  const said = reason === '' ? '' : `: ${reason}`;
  const text = known(api, status, said) ?? `${api} answered ${status}${said}`;
  return new UserError(`reducto-${status}`, oneLine(text));
}

function known(api: string, status: number, said: string): string | null {
  switch (status) {
    case 401:
    case 403:
      return `${api} does not take this API key (${status}${said}): check REDUCTO_API_KEY and REDUCTO_BASE_URL.`;
    case 422:
      return `${api} finds the request wrong (422)${said}`;
    case 429:
      return `${api} has had too many requests (429)${said}: try again later.`;
    default:
      return status >= 500 ? `${api} failed (${status})${said}: try again later.` : null;
  }
}

/** FastAPI's list of `loc` and `msg`, its plain `detail`, or the `error` envelope of Reducto's documentation. */
function reasonIn(body: unknown): string {
  const { detail, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    detail?: unknown;
    error?: unknown;
  };
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map(problem).join('; ');
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return typeof message === 'string' ? message : '';
}

function problem(entry: unknown): string {
  const { loc, msg } = (typeof entry === 'object' && entry !== null ? entry : {}) as {
    loc?: unknown;
    msg?: unknown;
  };
  const where = Array.isArray(loc) ? loc.join('.') : '';
  return [where, typeof msg === 'string' ? msg : JSON.stringify(entry)].filter(Boolean).join(': ');
}

function oneLine(text: string): string {
  const line = printable(text.replaceAll(/\s+/g, ' '));
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}
