package web

import "net/http"

func (s *Site) planner(w http.ResponseWriter, r *http.Request) {
	s.fail(w, http.StatusNotFound, errNoRun)
}
func (s *Site) planned(w http.ResponseWriter, r *http.Request) {
	s.fail(w, http.StatusNotFound, errNoRun)
}
