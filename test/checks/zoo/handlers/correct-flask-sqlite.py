"""Flask and SQLite, right: the claim, the work's result and the mark that it is done are one transaction."""

import json
import os
import sqlite3
import urllib.error
import urllib.request

from flask import Flask, jsonify, request

DATABASE = os.path.join(os.environ["DATA_DIR"], "app.db")
BASE_URL = os.environ["REDUCTO_BASE_URL"]
SECRET = os.environ["WEBHOOK_SECRET"]

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024


def connect():
    # Autocommit: transactions are begun by hand. Others wait for their turn instead of failing.
    return sqlite3.connect(DATABASE, timeout=30, isolation_level=None)


def keep(job_id, status, chunks):
    db = connect()
    try:
        db.execute("BEGIN IMMEDIATE")
        claimed = db.execute("INSERT INTO events (job_id) VALUES (?) ON CONFLICT DO NOTHING", (job_id,)).rowcount
        if claimed == 1:
            db.execute("INSERT INTO documents VALUES (?, ?, ?)", (job_id, status, chunks))
            db.execute("UPDATE events SET done = 1 WHERE job_id = ?", (job_id,))
        db.execute("COMMIT")
    finally:
        db.close()  # rolls back what was not committed


def is_done(job_id):
    db = connect()
    try:
        row = db.execute("SELECT 1 FROM events WHERE job_id = ? AND done = 1", (job_id,)).fetchone()
        return row is not None
    finally:
        db.close()


def get_job(job_id):
    wanted = urllib.request.Request(f"{BASE_URL}/job/{job_id}", headers={"authorization": "Bearer test"})
    try:
        with urllib.request.urlopen(wanted, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


@app.post("/webhook")
def webhook():
    event = request.get_json()
    if not isinstance(event, dict) or not isinstance(event.get("job_id"), str):
        return jsonify(error="no event"), 400
    metadata = event.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("secret") != SECRET:
        return jsonify(error="wrong secret"), 401
    job_id, status = event["job_id"], event.get("status")
    if is_done(job_id):
        return jsonify(duplicate=True)
    if status == "Failed":
        keep(job_id, "failed", None)
    elif status == "Completed":
        job = get_job(job_id)
        if job is None:
            return jsonify(ignored="no such job, or too old")
        if job["status"] != "Completed":
            return jsonify(error="not finished yet"), 503
        keep(job_id, "ready", len(job["result"]["result"]["chunks"]))
    return jsonify(received=True)


@app.get("/health")
def health():
    return jsonify(up=True)


@app.get("/effects")
def effects():
    db = connect()
    try:
        rows = db.execute("SELECT job_id, status, chunks FROM documents ORDER BY job_id").fetchall()
        return jsonify([dict(zip(("job_id", "status", "chunks"), row)) for row in rows])
    finally:
        db.close()


if __name__ == "__main__":
    with_tables = connect()
    with_tables.executescript(
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS events (job_id TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS documents (job_id TEXT NOT NULL, status TEXT NOT NULL, chunks INTEGER);
        """
    )
    with_tables.close()
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]), threaded=True)
