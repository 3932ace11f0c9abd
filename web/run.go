package web

import (
	"bytes"
	"errors"
	"html"
	"net/http"
	"net/url"

	"plimsoll/bundle"
	"plimsoll/report"
	"plimsoll/result"
)

// run shows a run as it stands: its report where it is over, else the live view.
func (s *Site) run(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r.PathValue("run"))
	if err != nil {
		s.fail(w, http.StatusNotFound, err)
		return
	}
	defer f.close()
	page, err := reportOf(f, r.URL.Query().Has("sofar"))
	if missing(err) {
		s.livePage(w, f)
		return
	}
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.selfContained(w, page, "/runs/"+url.PathEscape(f.name)+"/live", "how it went")
}

// reportOf returns the report of a run: report.html as it stands in the folder,
// else one made of result.json. soFar makes one of the sealed levels of a run
// that was cut off.
func reportOf(f *folder, soFar bool) ([]byte, error) {
	page, err := f.read(bundle.ReportFile, maxReport)
	if err == nil || !missing(err) {
		return page, err
	}
	r, err := f.result()
	if err != nil && !(missing(err) && soFar) {
		return nil, err
	}
	dir, opening := f.bundle()
	if opening != nil {
		return nil, opening
	}
	if err != nil {
		if r, err = result.Compute(dir); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err = report.HTML(&b, r, dir)
	return b.Bytes(), err
}

// selfContained serves a page of package report in a sandbox, with a way back.
func (s *Site) selfContained(w http.ResponseWriter, page []byte, also, words string) {
	nav := `<nav style="display:flex;gap:20px;margin-bottom:20px;font-size:14px"><a href="/" style="color:inherit">All runs</a>`
	if also != "" {
		nav += `<a href="` + html.EscapeString(also) + `" style="color:inherit">` + html.EscapeString(words) + `</a>`
	}
	page = bytes.Replace(page, []byte("<body>"), []byte("<body>"+nav+"</nav>"), 1)
	w.Header().Set("Content-Security-Policy", reportPolicy+report.ScriptPolicy())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page)
}

// compare sets runs and published results side by side.
func (s *Site) compare(w http.ResponseWriter, r *http.Request) {
	var entries []result.Entry
	for _, name := range r.URL.Query()["run"] {
		entry, err := s.entry(name)
		if err != nil {
			s.fail(w, http.StatusNotFound, err)
			return
		}
		entries = append(entries, entry)
	}
	all, err := result.Published()
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	for _, name := range r.URL.Query()["published"] {
		for _, e := range all {
			if e.Name == name {
				entries = append(entries, e)
			}
		}
	}
	if len(entries) < 2 {
		s.fail(w, http.StatusBadRequest, errors.New("tick at least two results to compare"))
		return
	}
	comparison, err := result.Compare(entries)
	if err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return
	}
	var b bytes.Buffer
	if err := report.CompareHTML(&b, comparison); err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.selfContained(w, b.Bytes(), "", "")
}

func (s *Site) entry(name string) (result.Entry, error) {
	f, err := s.open(name)
	if err != nil {
		return result.Entry{}, err
	}
	defer f.close()
	r, err := f.result()
	if missing(err) {
		return result.Entry{}, errors.New("run " + name + " has no result yet")
	}
	return result.EntryOf(name, f.path, r), err
}
