// Package report shows a result to people: as a table on a terminal, as one
// self-contained HTML page, and as Markdown, CSV and JSON for other tools.
//
// It computes nothing: every figure comes from package result. A page loads
// nothing from anywhere and holds one small script, which keeps the values of a
// chart that are clicked; its charts are SVG with a title, a description and the data
// as a table. Marks differ in shape as well as colour:
//
//	●  pass    ×  fail    ◇  undecided    ▫  void
//
// Text from outside (model, engine, error texts, file names) is escaped in HTML
// and stripped of control characters on a terminal. What a chart samples it says: so
// many of how many are shown.
package report
