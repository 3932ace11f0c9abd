// The pages work without this script, but for sorting, filtering and the live view.
'use strict';
(() => {
  const table = document.querySelector('table.runs');
  if (table) history(table);
  const live = document.getElementById('live');
  if (live && live.dataset.frames) follow(live.dataset.frames);

  // Sort by the column whose head is pressed, filter as one types, compare two.
  function history(table) {
    const body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const kind = head.dataset.sort;
      if (!kind) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending' || (kind === 'number' && head.getAttribute('aria-sort') !== 'descending');
        heads.forEach(h => h.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const value = row => row.cells[column].dataset.v || '';
        rows.sort((a, b) => {
          const x = value(a), y = value(b);
          if (x === '' || y === '') return (x === '') - (y === ''); // what has no value comes last
          const order = kind === 'number' ? x - y : x.localeCompare(y, undefined, {numeric: true});
          return down ? -order : order;
        });
        body.append(...rows);
      });
    });
    const filter = document.getElementById('filter'), shown = document.getElementById('shown');
    const sift = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every(word => text.includes(word));
        n += !row.hidden;
      }
      shown.textContent = n === rows.length ? `${n} ${n === 1 ? 'run' : 'runs'}` : `${n} of ${rows.length} runs`;
    };
    filter.addEventListener('input', sift);
    filter.addEventListener('keydown', e => { if (e.key === 'Enter') e.preventDefault(); });
    sift();
    const go = document.getElementById('go');
    const count = () => {
      const n = document.querySelectorAll('input[form=compare]:checked').length;
      go.disabled = n < 2;
      go.textContent = n < 2 ? 'Tick two to compare' : `Compare ${n}`;
    };
    document.addEventListener('change', count);
    addEventListener('pageshow', count); // a page that the browser kept keeps its ticks
    count();
  }

  // Fill the parts of the live view anew from each frame. A hidden page lets its
  // connection go: a browser has few of them.
  function follow(url) {
    const link = document.getElementById('link'), last = {};
    let source, over = false;
    const say = text => { link.hidden = !text; link.textContent = text; };
    const told = document.getElementById('told'); // the newest event, for a screen reader
    const tell = part => { const newest = part.querySelector('li span'); if (newest) told.textContent = newest.textContent; };
    const open = () => {
      if (source || over) return;
      source = new EventSource(url);
      source.onopen = () => say('');
      source.onerror = () => say('connection lost; trying again');
      source.onmessage = message => {
        let changed = false;
        for (const [name, html] of Object.entries(JSON.parse(message.data))) {
          if (last[name] === html) continue;
          last[name] = html;
          const part = document.getElementById(name), scroll = [...part.querySelectorAll('.scroll,.news')].map(e => [e.scrollLeft, e.scrollTop]);
          part.innerHTML = html; // rendered and escaped by the server
          if (name === 'news') tell(part);
          changed = true;
          part.querySelectorAll('.scroll,.news').forEach((e, i) => { if (scroll[i]) [e.scrollLeft, e.scrollTop] = scroll[i]; });
        }
        if (changed) document.dispatchEvent(new Event('filled')); // the charts are other ones now
      };
      source.addEventListener('failure', message => { close(); say(JSON.parse(message.data)); });
      source.addEventListener('over', () => { over = true; close(); });
    };
    const close = () => { if (source) source.close(); source = undefined; };
    document.addEventListener('visibilitychange', () => document.hidden ? close() : open());
    open();
  }
})();
