/** A part of a request's path without its percent-encoding; null where that is not valid. */
export function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // it has one way to fail
  }
}
