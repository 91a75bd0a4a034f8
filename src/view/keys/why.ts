import { pairToCompare } from '../compare.ts';
import { attemptAtCursor } from '../detail.ts';
import { selectedRow } from '../list.ts';
import { targetSeq, type ViewState } from '../state.ts';
import type { Surface } from '../surface.ts';
import { targetSeqs } from '../targets.ts';
import type { KeyRow } from './row.ts';

/** Why a key can't act, in a line; null when it can. */
type WhyNot = NonNullable<KeyRow['whyNot']>;

/** Nothing is open or selected. */
export const noDelivery: WhyNot = (state) =>
  targetSeq(state) !== null
    ? null
    : state.filter.applied !== '' && !state.filter.matches
      ? 'No delivery matches the filter.'
      : state.status.deliveries === 0
        ? 'There is no delivery yet.'
        : 'Choose a delivery first.';

/** Nothing is marked, open or selected. */
export const noTargets: WhyNot = (state, surface) =>
  targetSeqs(state).length > 0 ? null : noDelivery(state, surface);

/** The history is empty. */
export const noneAtAll: WhyNot = ({ status }) =>
  status.deliveries === 0 ? 'There is no delivery yet.' : null;

/** The delivery that keys act on is of no job. */
export const noJob: WhyNot = (state, surface) => {
  const row = state.detail?.data?.delivery ?? selectedRow(state.list);
  return noDelivery(state, surface) ?? (row?.jobId === null ? `#${row.seq} tells of no job.` : null);
};

/** Nobody can rewrite a request here. */
export const noEditor: WhyNot = (state, surface) =>
  noDelivery(state, surface) ?? (state.host.edits ? null : 'There is no editor here.');

export const nothingFolds: WhyNot = (_, { tab }) => (tab?.folds ? null : 'Nothing folds in this tab.');

export const noNeighbour =
  (by: 1 | -1): WhyNot =>
  ({ list, detail }) => {
    const at = list.rows.findIndex(({ seq }) => seq === detail?.seq);
    if (at === -1) return null;
    if (by === 1) return at === list.rows.length - 1 && !list.older ? 'This is the oldest one.' : null;
    return at === 0 && !list.newer ? 'This is the newest one.' : null;
  };

export const noFilter: WhyNot = ({ filter }) =>
  filter.applied === '' ? 'There is no filter: everything is shown.' : null;

export const noMarks: WhyNot = ({ marks }) =>
  marks.deliveries.length + marks.attempts.length === 0 ? 'Nothing is marked.' : null;

/** There is nothing under the cursor to mark. */
export const nothingToMark: WhyNot = (state, surface) =>
  state.detail?.tab === 'attempts' && attemptAtCursor(state.detail, surface.tab) === null
    ? 'There is no attempt here to mark.'
    : noDelivery(state, surface);

export const noPair: WhyNot = (state: ViewState, surface: Surface) => {
  const pair = pairToCompare(state, surface);
  return typeof pair === 'string' ? (noDelivery(state, surface) ?? pair) : null;
};

export const noFaults: WhyNot = ({ status }) => (status.faults === '' ? 'No faults are at work.' : null);

export const nothingHeld: WhyNot = ({ status: { holding, held } }) =>
  !holding && held.length === 0 ? 'Nothing is held.' : null;

export const noWork: WhyNot = ({ status }) => (status.work.length === 0 ? 'Nothing is under way.' : null);

export const noCheck: WhyNot = ({ status }) =>
  status.check === null ? 'No check is under way: start one with check, here or on the page.' : null;

export const nothingWaits: WhyNot = (state, surface) =>
  noWork(state, surface) ??
  (state.status.work.some(({ nextAt }) => nextAt !== null)
    ? null
    : 'Nothing is waited for: an attempt is under way.');

export const noUrl: WhyNot = ({ status: { tunnel } }) =>
  tunnel.url !== null
    ? null
    : tunnel.state === 'off'
      ? 'There is no tunnel, and so no public URL.'
      : 'There is no public URL yet.';

export const noCommands: WhyNot = ({ host }) =>
  host.commands?.length ? null : 'No command can be typed here.';

export const noTunnel: WhyNot = ({ status: { tunnel } }) =>
  tunnel.state === 'off' ? 'There is no tunnel to open anew.' : null;
