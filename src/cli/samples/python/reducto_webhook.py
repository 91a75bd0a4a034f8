"""Receives Reducto's webhooks with Flask: checks who sent them, writes each job down once in SQLite, answers at
once, and works on the job in the background: once, whatever comes twice, fails or crashes.

With a database of your own (Postgres ...) keep the statements and change how they are run.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
import urllib.parse
import urllib.request
from contextlib import closing

from flask import Flask, jsonify, request

# WEBHOOK_SECRET: what you send as metadata.secret with each job (direct webhooks carry no signature).
# SVIX_SECRET: the endpoint's whsec_... secret from the Svix portal. With both set, both are asked for.
WEBHOOK_SECRET = os.environ.get("WEBHOOK_SECRET")
SVIX_SECRET = os.environ.get("SVIX_SECRET")
if not WEBHOOK_SECRET and not SVIX_SECRET:
    sys.exit("Set WEBHOOK_SECRET or SVIX_SECRET: without one anybody could send you webhooks.")

DB = os.environ.get("WEBHOOK_DB", "reducto-jobs.sqlite")
API_KEY = os.environ.get("REDUCTO_API_KEY")
BASE_URL = os.environ.get("REDUCTO_BASE_URL", "https://platform.reducto.ai")
MAX_BYTES = 1024 * 1024
LEASE_S = 60  # a claim older than this belongs to a process that has died
MAX_ATTEMPTS = 8

app = Flask(__name__)
wake = threading.Event()


def work(job):
    """What your app does with a job that has ended: change this.

    A crash can make it run again, so let everything that leaves this process (a mail, a payment) carry the job id
    as its idempotency key. What it returns is stored together with the mark "done", so exactly once. When it
    raises, it is tried again later.
    """
    found = fetch_job(job["job_id"])
    if job["status"] == "Failed":
        return "failed", (found or {}).get("reason") or "no reason given"
    if found is not None and found["status"] != "Completed":
        raise RuntimeError(f"the job is still {found['status']}")
    return "completed", json.dumps(full_result(found["result"])) if found else None


def expect_job(job_id):
    """Call this when you have submitted a job. The webhook can be faster: then its row is there and stays."""
    with closing(connect()) as db:
        db.execute(
            "insert into documents (job_id, status) values (?, 'processing') on conflict do nothing", (job_id,)
        )


@app.post("/webhook")
def webhook():
    if (request.content_length or 0) > MAX_BYTES:
        return jsonify(error="too large"), 413
    body = request.get_data()  # the raw bytes: a signature is over bytes, not over parsed JSON
    if SVIX_SECRET and not is_signed(request.headers, body):
        return jsonify(error="bad signature"), 401
    event = parse(body)
    if event is None:
        return jsonify(error="not a Reducto webhook"), 400
    job_id, status, metadata = event["job_id"], event.get("status"), event.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if WEBHOOK_SECRET and not is_same(metadata.pop("secret", None), WEBHOOK_SECRET):
        return jsonify(error="wrong secret"), 401

    # A status we don't know must not take the place of the one that is to come.
    if status not in ("Completed", "Failed"):
        log(f"job {job_id}: status {json.dumps(status)} is not known, nothing done")
        return jsonify(received=True, ignored=True)
    # On disk before the answer: once Reducto has its 2xx it does not send the webhook again.
    is_new = receive(job_id, status, metadata)
    return jsonify(received=True, duplicate=not is_new)


def receive(job_id, status, metadata):
    """Writes a webhook down. False when the job was there already, also when two come at the same instant."""
    with closing(connect()) as db:
        inserted = db.execute(
            "insert into webhook_jobs (job_id, status, metadata) values (?, ?, ?) on conflict do nothing",
            (job_id, status, json.dumps(metadata)),
        ).rowcount
    log(f"job {job_id}: " + (f"received, {status}" if inserted == 1 else "a duplicate, nothing to do"))
    wake.set()
    return inserted == 1


def work_for_ever():
    """Works on what is due: what has come, what failed before, and what a process that died has left."""
    while True:
        wake.clear()
        try:
            while job := claim():
                carry_out(job)
        except sqlite3.Error as error:  # disk full, locked for long: what was claimed lapses and is tried again
            log(f"the database failed: {error}")
        wake.wait(1)


def claim():
    """One job that is due, for us alone; None when there is none."""
    now = time.time()
    with closing(connect()) as db:
        rows = db.execute(
            """update webhook_jobs set state = 'working', attempts = attempts + 1, due_at = ?
               where job_id = (select job_id from webhook_jobs
                               where state in ('received', 'working') and due_at <= ? order by due_at limit 1)
               returning job_id, status, metadata, attempts""",
            (now + LEASE_S, now),
        ).fetchall()
    return {**rows[0], "metadata": json.loads(rows[0]["metadata"])} if rows else None


def carry_out(job):
    job_id, attempts = job["job_id"], job["attempts"]
    try:
        status, detail = work(job)
        with closing(connect()) as db:
            db.execute("begin immediate")
            # Only while the claim is ours: after a pause longer than the lease somebody else has the job.
            ours = db.execute(
                "update webhook_jobs set state = 'done' where job_id = ? and state = 'working' and attempts = ?",
                (job_id, attempts),
            ).rowcount
            if ours == 1:
                db.execute(
                    """insert into documents (job_id, status, detail) values (?, ?, ?)
                       on conflict (job_id) do update set status = excluded.status, detail = excluded.detail""",
                    (job_id, status, detail),
                )
            db.execute("commit")
        log(f"job {job_id}: done, {status}")
    except Exception as error:  # whatever it was: the job is tried again, and the log says why
        last = attempts >= MAX_ATTEMPTS
        log(f"job {job_id}: attempt {attempts} failed{', given up' if last else ''}: {error}")
        with closing(connect()) as db:
            db.execute(
                """update webhook_jobs set state = ?, due_at = ?
                   where job_id = ? and state = 'working' and attempts = ?""",
                ("given up" if last else "received", time.time() + 0.5 * 2**attempts, job_id, attempts),
            )


def fetch_job(job_id):
    """The job as Reducto has it, for 12 hours; None when there is no API key to ask with."""
    if not API_KEY:
        return None
    url = f"{BASE_URL}/job/{urllib.parse.quote(job_id, safe='')}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {API_KEY}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def full_result(result):
    """A large parse result comes as a URL that leads to it."""
    inner = result.get("result") if isinstance(result, dict) else None
    if not isinstance(inner, dict) or inner.get("type") != "url":
        return result
    with urllib.request.urlopen(inner["url"], timeout=60) as answer:
        return {**result, "result": json.load(answer)}


def parse(body):
    """The webhook's fields; None when the body is not one."""
    try:
        event = json.loads(body)
        job_id = event.get("job_id") if isinstance(event, dict) else None
        # "\ud800" is JSON, but no text that a database takes: encode() refuses it.
        return event if isinstance(job_id, str) and job_id.encode() else None
    except (ValueError, RecursionError):
        return None


def is_same(given, expected):
    """Compares in constant time, and never fails on what is not text."""
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    )


def is_signed(headers, body):
    """Verifies a Svix signature (https://docs.svix.com/receiving/verifying-payloads/how-manual)."""
    msg_id, timestamp = headers.get("svix-id"), headers.get("svix-timestamp", "")
    signatures = headers.get("svix-signature")
    if not msg_id or not signatures or not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs(int(time.time()) - int(timestamp)) > 300:
        return False
    key = base64.b64decode(SVIX_SECRET.removeprefix("whsec_") + "==")
    digest = hmac.new(key, f"{msg_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    # A list, so that the secret can be changed: one good entry is enough.
    return any(is_same(entry, expected) for entry in signatures.split(" "))


def connect():
    db = sqlite3.connect(DB, timeout=30, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def log(line):
    print(line, flush=True)


with closing(connect()) as setup:
    setup.executescript(
        """
        pragma journal_mode = wal;
        create table if not exists webhook_jobs (
          job_id text primary key,                -- what makes a second delivery a duplicate
          status text not null,                   -- Completed or Failed
          metadata text not null,
          state text not null default 'received', -- received, working, done, given up
          attempts integer not null default 0,
          due_at real not null default 0          -- seconds: when to work on it; while working, when the claim lapses
        );
        create table if not exists documents (    -- stands for your own table
          job_id text primary key,
          status text not null,                   -- processing, completed, failed
          detail text
        );
        """
    )
    if __name__ == "__main__":  # the only process, just started: nobody works on these
        setup.execute("update webhook_jobs set due_at = 0 where state = 'working'")
threading.Thread(target=work_for_ever, daemon=True).start()

if __name__ == "__main__":
    app.run(host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "3000")), threaded=True)
