import { usageError } from './errors.ts';

/**
 * A secret as people paste it: without the white space around it (the carriage return of an env file from Windows),
 * and without the quotes that stood around it in such a file.
 */
export function cleanSecret(text: string): string {
  const trimmed = text.trim();
  return (/^(["'])(.*)\1$/s.exec(trimmed)?.[2] ?? trimmed).trim();
}

/**
 * {@link cleanSecret} for the secret of a Svix endpoint.
 * @throws UserError that names what was pasted in its place
 */
export function cleanSvixSecret(text: string): string {
  const secret = cleanSecret(text);
  const rest = secret.replace(/^v1,/, '');
  if (rest !== secret && !rest.startsWith('whsec_'))
    throw usageError(
      'svix-secret',
      'What begins with "v1," is a signature, not the secret: copy the whsec_… from the endpoint\'s page in the Svix portal.',
    );
  return rest;
}
