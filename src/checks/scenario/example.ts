/** What `scenario new` writes. */
export const exampleScenario = `name: a duplicate while the first one is being handled

# Where your handler is, and how it is started (only steps that kill it need that). Flags of scenario run go before these.
endpoint: http://localhost:3000/webhook
# start: npm start
# ready: http://localhost:3000/health

# A command that prints a snapshot of what your app has done: rows, a count, JSON (or effects-url, the same over HTTP).
# Secrets stand in no file: WEBHOOK_SECRET and SVIX_SECRET of the environment are taken.
effects: psql -tA -c 'select job_id, status, count(*) from documents group by 1, 2'

# Jobs are made anew for each run; those that are not named here are plain ones.
jobs:
  invoice: { metadata: { document_type: invoice } }
  contract: {}

steps:
  - deliver: invoice # three copies at the same instant
    times: 3
    concurrent: true
  - expect: { answer: [2xx, 409] }

  - deliver: contract # your app does its work, but the sender never sees the answer …
    faults: lost-ack
  - wait: 500ms
  - retry # … and comes again, as it does for all that it saw no 2xx of

  # More: "restart" and "crash: invoice" (at: fetch, answer or 50%) kill the app and start it again,
  # "hang-up: invoice" is a sender that goes away, "fail-api: invoice" (answer: 503) breaks the fetch of the job,
  # "forge: invoice" is a webhook that must be refused.

  - expect: { effects: once } # each job that was delivered has had its effect, once, and nothing else has happened
`;
