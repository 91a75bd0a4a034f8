import type { Check } from '../check.ts';
import * as contradictions from './contradictions.ts';
import * as crash from './crash.ts';
import * as duplicates from './duplicates.ts';
import * as jobs from './jobs.ts';
import * as load from './load.ts';
import * as malformed from './malformed.ts';
import { once } from './once.ts';
import * as order from './order.ts';
import * as payload from './payload.ts';
import * as retries from './retries.ts';
import * as secrets from './secrets.ts';
import * as statuses from './statuses.ts';
import * as svix from './svix.ts';
import * as timestamps from './timestamps.ts';

/** Every check, in the order in which they run. */
export const checks: readonly Check[] = [
  once,
  duplicates.duplicateSequential,
  duplicates.duplicateConcurrent,
  retries.retryAfterLostAck,
  retries.retryAfterTimeout,
  retries.retryAfter5xx,
  order.outOfOrder,
  order.earlyWebhook,
  jobs.unknownJob,
  statuses.failedStatus,
  contradictions.failedAgain,
  contradictions.failedAfterCompleted,
  contradictions.completedAfterFailed,
  statuses.statusCase,
  statuses.unknownStatus,
  payload.metadataAbsent,
  payload.metadataNull,
  payload.metadataArray,
  payload.metadataLarge,
  payload.extraFields,
  secrets.wrongSecret,
  secrets.missingSecret,
  svix.badSignature,
  svix.missingSignature,
  timestamps.staleTimestamp,
  timestamps.futureTimestamp,
  timestamps.toleratedTimestamp,
  svix.tamperedBody,
  svix.severalSignatures,
  svix.idNewTimestamp,
  malformed.malformedJson,
  malformed.emptyBody,
  malformed.wrongContentType,
  malformed.hugeBody,
  load.slowAcknowledgement,
  jobs.jobExpired,
  jobs.getJobFlaky,
  load.burst,
  load.keepAlive,
  // After the burst, so that many others have come; before the app is started anew.
  order.lateDuplicate,
  crash.crashOnReceipt,
  crash.crashDuringFetch,
  crash.crashMidway,
  crash.crashAfterAnswer,
  crash.restartBetweenDuplicates,
];
