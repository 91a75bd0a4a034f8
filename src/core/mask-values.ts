import { maskText } from './mask-json.ts';

// Shorter ones would tear words apart: they are masked where they stand alone.
const shortest = 4;

/**
 * Text without secrets that are known, which an answer, a snapshot or a log may repeat: as they are, and as JSON, a
 * URL, base64 or hexadecimal digits hold them.
 */
export function maskValues(text: string, secrets: readonly (string | undefined)[]): string {
  const known = secrets.filter((secret) => secret !== undefined && secret !== '') as string[];
  // The longest first: one may stand within another.
  known.sort((a, b) => b.length - a.length);
  return known.reduce((masked, secret) => {
    if (secret.length < shortest)
      return masked.replace(new RegExp(`(?<!\\w)${secret.replace(/\W/g, '\\$&')}(?!\\w)`, 'g'), maskText);
    return formsOf(secret).reduce((rest, form) => rest.replaceAll(form, maskText), masked);
  }, text);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}
