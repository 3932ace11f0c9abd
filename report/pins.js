// Values of a chart's marks: shown under the pointer, kept by a click. By keyboard a
// chart takes the focus, the arrows go from value to value, Enter keeps one, Escape
// lets go. Without this script the browser shows the same words as a title.
'use strict';
(() => {
  const said = new WeakMap(), pins = new Map(), at = new WeakMap();
  const made = (tag, name) => { const e = document.createElement(tag); e.className = name; return e; };
  const tip = made('div', 'tip'), ring = made('div', 'ring'), told = made('p', 'hidden');
  told.setAttribute('role', 'status');
  document.body.append(told);

  // What a mark says; '' what is no mark. Its title is taken away, or the browser
  // would show the words twice.
  const words = mark => {
    if (said.has(mark)) return said.get(mark);
    const title = mark.firstElementChild;
    if (!title || title.tagName !== 'title' || mark.tagName === 'svg') return '';
    const text = title.textContent;
    said.set(mark, text);
    title.remove();
    return text;
  };
  const markOf = e => {
    for (; e && e.tagName !== 'svg' && e.nodeType === 1; e = e.parentNode) if (words(e)) return e;
  };
  const chartOf = e => e && e.closest && e.closest('figure svg.chart');
  const marksOf = chart => [...chart.querySelectorAll('*')].filter(words);
  const idOf = chart => (chart.getAttribute('aria-labelledby') || '').split(' ')[0];

  // A finger is wider than a mark: the nearest one within reach counts.
  const near = (chart, x, y) => {
    let best, least = 16;
    for (const mark of marksOf(chart)) {
      const r = mark.getBoundingClientRect();
      const far = Math.hypot(Math.max(r.left - x, 0, x - r.right), Math.max(r.top - y, 0, y - r.bottom));
      if (far < least) [best, least] = [mark, far];
    }
    return best;
  };

  // Puts a box beside a mark, inside the figure.
  const place = (box, mark) => {
    const figure = mark.closest('figure'), f = figure.getBoundingClientRect(), r = mark.getBoundingClientRect();
    figure.append(box);
    const left = r.left - f.left + figure.scrollLeft, middle = left + r.width / 2, top = r.top - f.top;
    if (box === ring) {
      Object.assign(box.style, {left: left - 4 + 'px', top: top - 4 + 'px', width: r.width + 8 + 'px', height: r.height + 8 + 'px'});
      return;
    }
    const room = Math.max(figure.clientWidth, chartOf(mark).clientWidth) - box.offsetWidth, high = box.offsetHeight;
    box.style.left = Math.max(0, Math.min(room, middle - box.offsetWidth / 2)) + 'px';
    const others = [...figure.querySelectorAll('.pin')].filter(e => e !== box).map(e => e.getBoundingClientRect());
    const places = [top - high - 6, top + r.height + 6, top - 2 * high - 8, top + r.height + high + 8].filter(y => y >= -6);
    for (const y of [...places, ...places.slice(0, 1)]) { // the first that covers no other
      box.style.top = y + 'px';
      const b = box.getBoundingClientRect();
      if (!others.some(o => o.left < b.right && b.left < o.right && o.top < b.bottom && b.top < o.bottom)) break;
    }
  };
  const show = mark => {
    const text = words(mark);
    tip.textContent = text;
    if (!pins.has(key(mark))) place(tip, mark); else tip.remove();
    return text;
  };
  const key = mark => idOf(chartOf(mark)) + '\n' + words(mark);

  const pin = mark => {
    const k = key(mark);
    if (pins.has(k)) return unpin(k);
    const box = made('button', 'pin');
    box.type = 'button';
    box.textContent = words(mark);
    box.title = 'let go';
    box.addEventListener('click', () => unpin(k));
    pins.set(k, box);
    tip.remove();
    place(box, mark);
    told.textContent = 'kept: ' + words(mark);
  };
  const unpin = k => {
    const box = pins.get(k);
    if (document.activeElement === box) box.closest('figure').querySelector('svg.chart').focus();
    box.remove();
    pins.delete(k);
    told.textContent = 'let go';
  };
  const clear = () => { tip.remove(); ring.remove(); };

  document.addEventListener('pointerover', e => {
    const mark = chartOf(e.target) && markOf(e.target);
    if (mark) show(mark); else if (e.target !== tip) tip.remove();
  });
  document.addEventListener('click', e => {
    const chart = chartOf(e.target), mark = chart && (markOf(e.target) || near(chart, e.clientX, e.clientY));
    if (mark) pin(mark);
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape') {
      clear();
      for (const k of [...pins.keys()]) unpin(k);
      return;
    }
    const chart = chartOf(document.activeElement);
    if (!chart || e.ctrlKey || e.altKey || e.metaKey) return;
    const marks = marksOf(chart), now = at.has(chart) ? at.get(chart) : -1;
    const to = {ArrowRight: now + 1, ArrowLeft: now < 0 ? 0 : now - 1, Home: 0, End: marks.length - 1, Enter: now, ' ': now}[e.key];
    if (to === undefined || !marks.length) return;
    e.preventDefault();
    const n = Math.max(0, Math.min(marks.length - 1, to)), mark = marks[n];
    at.set(chart, n);
    place(ring, mark);
    if (e.key === 'Enter' || e.key === ' ') pin(mark); else told.textContent = show(mark);
  });
  document.addEventListener('focusin', e => {
    const chart = chartOf(e.target);
    if (!chart) return clear();
    told.textContent = 'Arrow keys go from value to value, Enter keeps one, Escape lets go.';
  });

  // The charts that are there now, and what was kept of those that were there before.
  const dress = () => {
    for (const chart of document.querySelectorAll('figure svg.chart')) if (chart.querySelector(':scope > * > title')) chart.setAttribute('tabindex', '0');
    for (const [k, box] of pins) {
      const [id, text] = k.split('\n'), title = document.getElementById(id), chart = chartOf(title);
      const mark = chart && marksOf(chart).find(m => words(m) === text);
      if (mark) place(box, mark); else { box.remove(); pins.delete(k); }
    }
  };
  document.addEventListener('filled', dress);
  dress();
})();
