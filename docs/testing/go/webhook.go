// Package webhook is the app under test: yours in its place.
package webhook

import (
	"encoding/json"
	"net/http"
	"sync"
)

// App keeps the status of each job that Reducto has told it of.
type App struct {
	mu        sync.Mutex
	documents map[string]string
}

// New returns an App without documents.
func New() *App { return &App{documents: map[string]string{}} }

// ServeHTTP takes webhooks at /webhook, and shows the documents at any other path.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path != "/webhook" {
		_ = json.NewEncoder(w).Encode(a.documents)
		return
	}
	var event struct {
		JobID  string `json:"job_id"`
		Status string `json:"status"`
	}
	if json.NewDecoder(r.Body).Decode(&event) != nil || event.JobID == "" {
		http.Error(w, "no webhook of Reducto", http.StatusBadRequest)
		return
	}
	if _, known := a.documents[event.JobID]; !known {
		a.documents[event.JobID] = event.Status
	}
}

// Status is that of a job; empty for one that it has not heard of.
func (a *App) Status(jobID string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.documents[jobID]
}
