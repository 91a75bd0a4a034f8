import type { Attempt, Delivery, HeaderPair, Intake } from '../delivery.ts';
import type { StandInSecrets } from '../scrub/secrets.ts';

/** What is written down: a delivery, and the attempts made for it (for what the sender was answered). */
export interface ExportItem {
  delivery: Delivery;
  attempts: readonly Attempt[];
}

/** How items are written. */
export interface WriteOptions {
  /** True to leave secrets readable; otherwise they are masked and the output says so. */
  secrets: boolean;
  /** The secrets that stand in for the user's, where personal data was replaced; the output says so. */
  scrubbed?: StandInSecrets;
  /**
   * Where a command (curl, HTTPie) is to send the request: the user's app. By default, and where null, where this tool
   * has sent it, else a stand-in on this machine: the sender's own Host is a stranger's choice.
   */
  url?: (delivery: Delivery) => string | null;
}

/** A request read from a file: the request side of what the store needs for a new delivery. */
export interface ImportedDelivery {
  /** ms since the epoch. */
  receivedAt: number;
  method: string;
  /** The request target: path and query. */
  target: string;
  httpVersion: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
  /** Empty when the file does not say. */
  remoteAddress: string;
  intake: Intake;
  /** The delivery it was exported from; null where the file does not say. */
  origin: { id: string | null; source: string | null };
  /** Whether secrets in it had been masked: it is not what was sent, and its signature can't be good. */
  masked: boolean;
}

/** What a file gave: the deliveries, and what is to be known of those that are not as they were, or were left out. */
export interface Reading {
  deliveries: ImportedDelivery[];
  /** A line each, with its place in the file; printable. */
  warnings: string[];
}

/** A file's text, and the same parsed where it is one JSON document (undefined where it is not). */
export interface ImportText {
  text: string;
  json: unknown;
  /** Where the document is broken, when `json` is only what of it is whole. */
  broken?: readonly string[];
}

/** One format: a row of the table. */
export interface Format {
  help: string;
  /** Of a file in this format, without the dot. */
  extension: string;
  /** Whether it has what the app answered. */
  answers?: true;
  /** The text in pieces: an export may be longer than the longest string. */
  write(items: Iterable<ExportItem>, options: WriteOptions): Iterable<string>;
  /** Absent where a format can only be written. */
  read?: {
    /** Whether a file is in this format, judged by its content. */
    accepts(file: ImportText): boolean;
    /**
     * @param now ms since the epoch, for what carries no time of its own
     * @throws UserError when none of it can be read: names what is wrong
     */
    parse(file: ImportText, now: number): Reading;
  };
}
