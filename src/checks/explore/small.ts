import { type Abilities, crashShares, hangUpShares, longWaitsMs, type Schedule } from './schedule.ts';

/**
 * The small schedules that are known to bring faults to light, the smallest first: they are tried before any that are
 * drawn, so that what one of them finds needs no shrinking, and is found whatever the seed.
 */
export function smallSchedules({ crashes, forgeries, fetches, longestWaitMs }: Abilities): Schedule[] {
  const job = 0;
  const deliver = { kind: 'deliver', jobs: [job] } as const;
  const loseAck = { kind: 'lose-ack', job } as const;
  const all: [boolean, Schedule][] = [
    [true, [deliver]],
    [forgeries, [{ kind: 'forge', job }]],
    [forgeries, [{ kind: 'forge', job }, deliver]],
    [true, [{ kind: 'deliver', jobs: [job, job] }]],
    [true, [loseAck]],
    [crashes, [loseAck, { kind: 'restart' }]],
    ...hangUpShares.map((at): [boolean, Schedule] => [true, [{ kind: 'hang-up', job, at }]]),
    ...([500, 503] as const).map((answer): [boolean, Schedule] => [
      fetches,
      [{ kind: 'fail-api', job, answer, times: 1 }, deliver],
    ]),
    ...(['fetch', 'answer'] as const).map((at): [boolean, Schedule] => [
      crashes && (fetches || at !== 'fetch'),
      [{ kind: 'crash', job, at }],
    ]),
    ...crashShares.map((at): [boolean, Schedule] => [crashes, [{ kind: 'crash', job, at }]]),
    [true, [{ kind: 'deliver', jobs: [0, 1, 2] }]],
    [
      fetches,
      [
        { kind: 'fail-api', job, answer: 500, times: 1 },
        { kind: 'deliver', jobs: [job, job] },
      ],
    ],
    [
      fetches,
      [
        { kind: 'fail-api', job, answer: 500, times: 1 },
        { kind: 'hang-up', job, at: 0 },
      ],
    ],
    ...longWaitsMs.map((ms): [boolean, Schedule] => [ms <= longestWaitMs, [loseAck, { kind: 'wait', ms }]]),
  ];
  return all.flatMap(([possible, schedule]) => (possible ? [schedule] : []));
}
