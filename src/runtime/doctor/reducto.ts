import { messageOf, UserError } from '../../core/errors.ts';
import { ask } from '../../tunnel/http.ts';
import { apiKeyFrom, httpUrl } from '../reducto/access.ts';
import { defaultBaseUrl } from '../reducto/client.ts';
import { apiError } from '../reducto/errors.ts';
import { type Look, note, ok, warning, wrong } from './finding.ts';

/** A job that nobody has: the API says 404 to a key that it takes. */
const noJob = '/job/00000000-0000-4000-8000-000000000000';

/** Reducto's API, with the user's key. */
export const lookAtReducto: Look = async ({ env }, signal) => {
  try {
    const key = apiKeyFrom(env);
    if (key === undefined)
      return [
        note(
          'REDUCTO_API_KEY is not set: submit and job need it',
          'export REDUCTO_API_KEY=…, or use --emulate.',
        ),
      ];
    const base = httpUrl(env.REDUCTO_BASE_URL || defaultBaseUrl, 'REDUCTO_BASE_URL').replace(/\/+$/, '');
    const { host } = new URL(base);
    const headers = ['authorization', `Bearer ${key}`];
    const { status } = await ask(new URL(base + noJob), { headers, maxBytes: 1, signal });
    // Not its text: what quotes a key is not to be printed.
    if (status === 404 || (status >= 200 && status < 300))
      return [ok(`${host} takes the key in REDUCTO_API_KEY`)];
    const { message } = apiError(host, status, undefined);
    if (status === 401 || status === 403)
      return [wrong(message, 'copy the key again from your account at Reducto.')];
    return [warning(message, 'see that REDUCTO_BASE_URL is right, and try again later.')];
  } catch (error) {
    if (!signal.aborted && !(error instanceof UserError)) throw error;
    if (error instanceof UserError && error.exitCode === 2) return [wrong(error.message, 'set it again.')];
    return [
      wrong(
        `Reducto's API can't be reached: ${signal.aborted ? 'it did not answer in time' : messageOf(error)}`,
        'see that this machine is online, or use --emulate.',
      ),
    ];
  }
};
