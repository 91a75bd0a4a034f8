"""The app and reducto-webhook-dev, running for all tests of a session."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

SECRET = "s3cret"


class Reducto:
    """A running `listen --emulate`: it passes webhooks on to the app, and is Reducto's API for it."""

    def __init__(self, ready, data):
        self.url = ready["receiverUrl"]  # what a job is given as webhook.url
        self.base_url = ready["emulatorUrl"]  # what the app is given as REDUCTO_BASE_URL
        self.data = data

    def run(self, *command):
        """Runs a command in it, such as trigger or wait, and gives the lines that it prints."""
        command = ["reducto-webhook-dev", *command, "--output", "json", "--data", self.data]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


class App:
    """The app, running, and what it has done."""

    def __init__(self, url, db):
        self.url, self.db = url, db

    def status_of(self, job_id):
        """The status that it has stored for a job; waits until there is one."""
        for _ in range(100):
            with closing(sqlite3.connect(self.db)) as db:
                if row := db.execute("select status from documents where job_id = ?", [job_id]).fetchone():
                    return row[0]
            time.sleep(0.1)
        raise AssertionError(f"job {job_id} was not stored within 10 s")


@pytest.fixture(scope="session")
def port():
    """A free port, for the app."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="session")
def reducto(port, tmp_path_factory):
    data = str(tmp_path_factory.mktemp("reducto"))
    endpoint = f"http://127.0.0.1:{port}/webhook"
    options = ["--emulate", "--tunnel", "none", "--no-inspector", "--port", "0", "--emulator-port", "0"]
    command = ["reducto-webhook-dev", "listen", endpoint, *options, "--output", "json", "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listen:
        ready = json.loads(listen.stdout.readline())  # its first line
        threading.Thread(target=listen.stdout.read, daemon=True).start()  # so that it can go on printing
        yield Reducto(ready, data)
        listen.terminate()


@pytest.fixture(scope="session")
def app(reducto, port, tmp_path_factory):
    db = tmp_path_factory.mktemp("app") / "jobs.sqlite"
    settings = {"PORT": str(port), "WEBHOOK_DB": str(db), "WEBHOOK_SECRET": SECRET}
    api = {"REDUCTO_BASE_URL": reducto.base_url, "REDUCTO_API_KEY": "any"}
    # The one that `reducto-webhook-dev init --lang python` writes; yours here.
    with subprocess.Popen([sys.executable, "reducto_webhook.py"], env={**os.environ, **settings, **api}) as process:
        while process.poll() is None and not is_open(port):
            time.sleep(0.1)
        yield App(f"http://127.0.0.1:{port}/webhook", db)
        process.terminate()


def is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
