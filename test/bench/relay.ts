import type { Bench } from './figure.ts';
import { catchUp, kept } from './relay-kept.ts';
import { live } from './relay-live.ts';
import { manyInboxes, manyListeners } from './relay-many.ts';

/** What a relay carries and keeps. */
export const relay: Bench = {
  method:
    'All in processes of their own on one machine, data on a real disk, rate limits out of the way. Live: 1 KB over 50 ' +
    'keep-alive connections to `relay`, on to `listen <app> --relay`, to a bare app and back; baseline: the same load and ' +
    'app behind npm’s `localtunnel` client on its own server, which keeps nothing. Fresh processes each time, 1.5 s of ' +
    'warm-up, 3 s measured; p99 evenly paced at half of our median throughput; bodies of 10 MB one after another. ' +
    'Listeners: bare WebSockets in one process; memory is what VmRSS grew by, and none may be answered by the relay itself. ' +
    'Targets: 100 KB, so that 1,000 fit beside the relay in a server of 512 MB; thrice the time of a bare server ' +
    'where each name is also written. Kept: to an inbox that nobody listens to; target: ten inboxes at the default rate limit ' +
    'of 200/s. Caught up: from the start of the tunnel until the app has had 10,000, one after another, each also on the ' +
    'disk here (or, with `show`, until they are printed); targets: half a minute for a night’s worth, and 20 s.',
  async run({ rounds }) {
    return [
      ...(await live(rounds)),
      ...(await manyListeners(rounds)),
      ...(await manyInboxes(rounds)),
      ...(await kept(rounds)),
      ...(await catchUp(rounds)),
    ];
  },
};
