import json
import subprocess
import uuid

from conftest import SECRET


def test_a_job_is_stored(app, reducto):
    job = str(uuid.uuid4())
    reducto.run("trigger", "parse.completed", "--job-id", job, "--secret", SECRET)
    [delivery] = reducto.run("wait", "--filter", f"job:{job} code:200", "--any", "--timeout", "10s")
    assert delivery["lastAttempt"]["status"] == 200
    assert app.status_of(job) == "completed"


def test_the_handler_is_idempotent(app, reducto, tmp_path):
    report = tmp_path / "report.json"
    effects = f"sqlite3 {app.db} 'select job_id, status from documents'"
    options = ["--secret", SECRET, "--effects", effects, "--reporter", f"json={report}"]
    only = ["--only", "duplicate-sequential"]  # leave it away: all checks take a few minutes
    command = ["reducto-webhook-dev", "check", app.url, *options, *only, "--data", reducto.data]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr  # 1: a fault was found, and the report says which
    assert json.loads(report.read_text())["counts"]["failed"] == 0
