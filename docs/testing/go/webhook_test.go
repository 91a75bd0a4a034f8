package webhook

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// reducto is a running listen --emulate: it passes webhooks on to the app, and is Reducto's API for it.
type reducto struct {
	URL     string `json:"receiverUrl"` // what a job is given as webhook.url
	BaseURL string `json:"emulatorUrl"` // what the app is given as REDUCTO_BASE_URL
	data    string
}

// startReducto runs the tool until the test ends.
func startReducto(t *testing.T, endpoint string) *reducto {
	t.Helper()
	r := &reducto{data: t.TempDir()}
	listen := exec.Command("reducto-webhook-dev", "listen", endpoint, "--emulate", "--tunnel", "none", "--no-inspector",
		"--port", "0", "--emulator-port", "0", "--output", "json", "--data", r.data)
	listen.Stderr = os.Stderr
	stdout, err := listen.StdoutPipe()
	if err == nil {
		err = listen.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = listen.Process.Signal(os.Interrupt)
		_ = listen.Wait()
	})
	lines := bufio.NewReader(stdout)
	ready, _ := lines.ReadBytes('\n') // its first line
	if err := json.Unmarshal(ready, r); err != nil {
		t.Fatalf("reducto-webhook-dev has not started: %v", err)
	}
	go io.Copy(io.Discard, lines) // so that it can go on printing
	return r
}

// run runs a command in it, such as trigger or wait, and gives what that prints.
func (r *reducto) run(t *testing.T, command ...string) []byte {
	t.Helper()
	out, err := exec.Command("reducto-webhook-dev", append(command, "--data", r.data)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return out
}

func TestJobIsStored(t *testing.T) {
	app := New()
	server := httptest.NewServer(app)
	defer server.Close()
	r := startReducto(t, server.URL+"/webhook")

	r.run(t, "trigger", "parse.completed", "--job-id", "job-1")
	r.run(t, "wait", "--filter", "job:job-1 code:200", "--any", "--timeout", "10s")
	if got := app.Status("job-1"); got != "Completed" {
		t.Errorf("status of the job: %q, want Completed", got)
	}
}

func TestHandlerIsIdempotent(t *testing.T) {
	server := httptest.NewServer(New())
	defer server.Close()
	r := startReducto(t, server.URL+"/webhook")

	file := filepath.Join(t.TempDir(), "report.json")
	// It fails here when a fault is found, and shows which. Without --only all checks are made, in a few minutes.
	r.run(t, "check", server.URL+"/webhook", "--effects-url", server.URL+"/documents",
		"--only", "duplicate-sequential", "--reporter", "json="+file)

	var report struct {
		Verdict string
		Counts  struct{ Failed int }
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil || report.Counts.Failed > 0 {
		t.Errorf("%v %s", err, report.Verdict)
	}
}
