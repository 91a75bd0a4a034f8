/** What a scrubbed export is signed with, and has in `metadata.secret`. */
export interface StandInSecrets {
  svixSecret: string;
  secret: string;
}

/**
 * The secrets that a scrubbed export is signed with and holds in place of its user's: fixed and known to everybody, so
 * that its signatures can be verified wherever it goes.
 */
export const standInSecrets: StandInSecrets = {
  /** Of a Svix endpoint: base64 of "stand-in of reducto-webhook-dev!". */
  svixSecret: 'whsec_c3RhbmQtaW4gb2YgcmVkdWN0by13ZWJob29rLWRldiE=',
  /** In `metadata.secret`. */
  secret: 'stand-in-secret',
};

/** What an export says of itself where it has room for words. */
export const scrubbedNote = ({ svixSecret, secret }: StandInSecrets): string =>
  `Scrubbed: stand-ins are in place of personal data. Svix signatures are made with ${svixSecret}, and metadata.secret is ${secret}.`;
