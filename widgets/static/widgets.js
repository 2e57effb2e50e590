// Keeps the cards of a page alive: quiet refreshes that move nothing under the pointer or the focus, a pause, a word
// to whoever listens. Works in a frame's document and in shadow roots. ES2018, no dependencies, Chromium 78 and later.
(function () {
'use strict';
if (window.portalWidgets) return;

const portal = (location.ancestorOrigins || [])[0] || document.referrer;
const cards = new Set();
const page = window.portalWidgets = {
  cards,
  wake: () => cards.forEach(card => card.look()),
  // Brings every card to life that a document or a shadow root holds; answers with the first.
  start: (root, host) => [...root.querySelectorAll('.pw[data-src]')].map(section => new Card(section, host))[0],
};

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (all, name) => values[name]);
const rows = section => [...section.querySelectorAll('.pw-item')];
const ids = section => rows(section).map(row => row.id);
const parse = text => {
  const root = new DOMParser().parseFromString(text, 'text/html').querySelector('template');
  return root && root.content.querySelector('.pw');
};
// The element with the focus, if it is inside: a shadow root has an active element of its own.
const focused = node => {
  const inside = node.getRootNode().activeElement;
  return node.contains(inside) && inside;
};
const kept = (name, value) => {
  // Storage may be forbidden to frames; then a pause lasts as long as the page.
  try { return value ? localStorage.setItem(name, value) : localStorage.getItem(name); } catch (e) { /* as if there were none */ }
};

// The words for a moment, reckoned by the server's clock (ward PCs drift) and in the zone that the moment is written in.
function when(iso, now, words) {
  const then = Date.parse(iso), shift = Date.parse(iso.slice(0, 19) + 'Z') - then, minutes = Math.floor((now - then) / 60000);
  if (minutes >= 0 && minutes < 60) return minutes ? fill(words['minutes-ago'], {n: minutes}) : words['just-now'];
  const local = moment => new Date(moment + shift).toISOString();
  const date = iso.slice(0, 10), time = iso.slice(11, 16), today = local(now);
  if (today.startsWith(date)) return fill(words.today, {time});
  if (local(now - 86400000).startsWith(date)) return fill(words.yesterday, {time});
  return today.startsWith(iso.slice(0, 4)) ? iso.slice(5, 10) + ' ' + time : date;
}

// Makes `from` like `to`. A node with an id keeps its identity, and the one with the focus is never moved.
function morph(from, to) {
  for (const {name, value} of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const {name} of [...from.attributes]) if (!to.hasAttribute(name) && name !== 'data-w') from.removeAttribute(name);
  let here = from.firstChild;
  for (const next of [...to.childNodes]) {
    const same = match(from, here, next);
    if (!same) { from.insertBefore(next, here); continue; }
    if (same !== here && focused(same)) while (here !== same) { const aside = here; here = aside.nextSibling; from.appendChild(aside); }
    else if (same !== here) from.insertBefore(same, here);
    if (same.nodeType === 1) morph(same, next);
    else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
    here = same.nextSibling;
  }
  while (here) { const gone = here; here = here.nextSibling; gone.remove(); }
}
function match(from, here, next) {
  if (next.id) return [...from.children].find(child => child.id === next.id && child.nodeName === next.nodeName);
  return here && !here.id && here.nodeName === next.nodeName ? here : null;
}

// What only some cards need comes when one of them is there: sign-in.js or live.js.
function need(src) {
  if (src && !document.querySelector('script[src="' + src + '"]')) document.head.appendChild(Object.assign(document.createElement('script'), {src}));
}

async function ask(address, pressed) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 15000);
  try {
    const answer = await fetch(address, {credentials: 'include', cache: pressed ? 'reload' : 'default', signal: stop.signal});
    const next = parse(await answer.text());
    // Whatever a gateway or a sign-in page says in our place is not a card.
    return answer.headers.has('Widget-State') && (next || answer.status === 204) && {headers: answer.headers, next};
  } catch (e) { /* no answer */ } finally { clearTimeout(timer); }
}

class Card {
  constructor(section, host) {
    Object.assign(this, {section, host, turn: 0, newest: 0, fails: 0, skew: 0, held: null, left: null, told: {}, spoken: 0, looked: 0});
    this.words = JSON.parse(this.get('words'));
    this.version = this.get('version');
    this.every = +this.get('every');
    this.paused = kept('pw-paused-' + this.get('widget')) === '1';
    section.addEventListener('click', event => this.press(event));
    section.addEventListener('keydown', () => { this.left = null; });
    for (const left of ['mouseleave', 'focusout']) section.addEventListener(left, () => setTimeout(() => this.release(), 3000));
    new ResizeObserver(() => this.measure()).observe(section);
    this.go();
  }
  get(name) { return this.section.getAttribute('data-' + name); }
  query(selector) { return this.section.querySelector(selector); }
  find(hook) { return this.query('[data-pw-' + hook + ']'); }
  go() { cards.add(this); this.settle(); this.wait(); }
  stop() { cards.delete(this); clearTimeout(this.timer); }

  wait() {
    clearTimeout(this.timer);
    const seconds = Math.min(this.every * 2 ** this.fails, 600) * (.85 + Math.random() * .3);
    this.timer = setTimeout(() => this.look(), seconds * 1000);
  }

  async look(pressed) {
    if (!pressed && (this.paused || document.hidden)) return;
    const turn = ++this.turn;
    this.looked = Date.now();
    if (pressed) this.section.setAttribute('aria-busy', 'true');
    const answer = await ask(this.get('src') + '&as=fragment&v=' + this.version + (page.active ? '&active=1' : ''), pressed);
    page.active = false;
    if (turn < this.newest || !cards.has(this)) return;
    this.newest = turn;
    if (turn === this.turn && this.get('state') !== 'starting') this.section.removeAttribute('aria-busy');
    if (answer) this.answered(answer, pressed); else this.unanswered(pressed);
    this.wait();
  }

  answered({headers, next}, pressed) {
    const header = name => headers.get(name);
    this.skew = Date.parse(header('Date')) - Date.now();
    this.fails = 0;
    this.version = header('Widget-Version') || this.version;
    // Nothing new after a short wait: the next one is longer.
    this.every = +header('Widget-Refresh-After') || Math.min(this.every * 2, Math.max(this.every, 60));
    if (next) return this.take(next, pressed);
    const latest = this.held || this.section;
    if (header('Widget-As-Of')) latest.setAttribute('data-as-of', header('Widget-As-Of'));
    if (pressed) this.put(latest, latest.getAttribute('data-say'));
    else this.settle();
  }

  unanswered(pressed) {
    this.fails += 1;
    if (navigator.onLine && this.fails < 2 && !pressed) return;
    const time = (this.get('as-of') || '').slice(11, 16), note = this.find('offline');
    const words = this.words['live-' + (navigator.onLine ? 'unreachable' : 'offline') + (time ? '' : '-blank')];
    note.lastElementChild.textContent = fill(words, {time});
    if (note.hidden || pressed) this.say(note.textContent);
    note.hidden = false;
    this.measure();
  }

  // New content: at once, unless it would move a row under somebody's pointer or focus away and another there.
  take(next, pressed) {
    const old = ids(this.section), ordered = ids(next), fresh = old[0] ? rows(next).filter(row => !old.includes(row.id)) : [];
    for (const row of fresh) row.setAttribute('data-fresh', '');
    // A version begins with whose list it is.
    const same = next.getAttribute('data-version').startsWith(this.get('version').split('-')[0]);
    const moves = same && old[0] && ordered[0] && old.join() !== ordered.join();
    if (pressed || !moves || !this.busy()) return this.put(next, pressed ? next.getAttribute('data-say') : same && fresh[0] && this.news(fresh));
    this.held = next;
    const pill = this.find('show');
    pill.textContent = fill(this.words[fresh.length ? 'live-held' : 'live-moved'], {n: fresh.length});
    if (pill.hidden) this.say(pill.textContent);
    pill.hidden = false;
    this.measure();
  }
  // The focus that somebody left behind holds nothing up: the item that they opened and finished elsewhere must go.
  busy() {
    const at = focused(this.section);
    return this.section.matches(':hover') || (at && at !== this.left);
  }
  leave() { this.left = focused(this.section); }
  release() { if (this.held && !this.busy()) this.put(this.held); }

  put(next, words) {
    const was = focused(this.section), state = this.get('state');
    this.held = null;
    morph(this.section, next);
    if (was && !focused(this.section)) this.query('.pw-title').focus();
    const banner = this.find('banner');
    this.say(state !== this.get('state') && banner ? banner.textContent : words);
    this.settle();
  }

  // What is worth saying about new rows: the very urgent by name, at most once a minute; others by number.
  news(fresh) {
    const urgent = fresh.filter(row => row.getAttribute('data-urgency') === 'critical');
    if (!urgent[0] || Date.now() - this.spoken < 60000) return fill(this.words['live-new'], {n: fresh.length});
    this.spoken = Date.now();
    return fill(this.words['live-critical'], {n: urgent.length, title: urgent[0].querySelector('.pw-text').title.slice(0, 30)});
  }

  say(words) {
    if (!words) return;
    const status = this.query('[role=status]');
    status.textContent = '';
    setTimeout(() => { status.textContent = words; }, 80);
  }

  press(event) {
    const hook = event.target.closest('[data-pw-refresh],[data-pw-pause],[data-pw-show]');
    if (!hook || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (hook.hasAttribute('data-pw-refresh')) this.look(true);
    else if (hook.hasAttribute('data-pw-pause')) {
      this.paused = !this.paused;
      kept('pw-paused-' + this.get('widget'), this.paused ? '1' : '0');
      this.settle();
      this.look();
    } else if (this.held) {
      this.put(this.held);
      const first = this.query('a.pw-link');
      if (first) first.focus();
    }
  }

  // Everything that the server cannot know: the pause, the minute, the width, who listens.
  settle() {
    const pause = this.find('pause'), age = this.find('updated'), iso = this.get('as-of');
    need(this.get('pw-needs'));
    if (!this.fails) this.find('offline').hidden = true;
    if (pause) { pause.hidden = false; pause.textContent = this.words[this.paused ? 'resume' : 'pause']; }
    if (age && iso) {
      const told = fill(this.words[this.get('state') === 'stale' ? 'as-of' : 'updated'], {time: iso.slice(11, 16)});
      age.textContent = this.paused ? fill(this.words.paused, {when: told}) : told;
    }
    if (page.listen) page.listen();
    this.tick();
    this.measure();
    const name = this.get('widget'), total = this.get('total');
    this.tell('state', {name, state: this.get('state'), reason: this.get('reason'), base: this.get('base'), title: this.query('.pw-title').textContent});
    this.tell('count', {name, total: total && +total, urgent: +this.get('urgent')});
  }

  tick() {
    if (!this.skew && !this.paused) return;
    for (const time of this.section.querySelectorAll('time[datetime*=T]')) {
      const text = when(time.getAttribute('datetime'), Date.now() + (this.skew || 0), this.words);
      if (time.lastChild.nodeValue !== text) time.lastChild.nodeValue = text;
    }
  }

  measure() {
    const wide = this.section.clientWidth, width = wide < 300 ? 'xs' : wide < 480 ? 's' : 'm';
    if (this.get('w') !== width) this.section.setAttribute('data-w', width);
    if (!this.host) this.tell('size', {height: Math.ceil(this.section.getBoundingClientRect().bottom + scrollY)});
  }

  // Sizes are nobody's secret; counts go to the portal alone.
  tell(type, detail) {
    const said = JSON.stringify(detail);
    if (this.told[type] === said) return;
    this.told[type] = said;
    if (this.host) this.host.dispatchEvent(new CustomEvent('widget:' + type, {bubbles: true, composed: true, detail}));
    else if (parent !== window && (portal || type === 'size')) parent.postMessage({pw: 1, type, ...detail}, type === 'size' ? '*' : portal);
  }
}


document.addEventListener('visibilitychange', () => {
  cards.forEach(card => document.hidden ? card.leave() : card.release());
  if (!document.hidden) page.wake();
});
addEventListener('blur', () => cards.forEach(card => card.leave()));
addEventListener('focus', () => cards.forEach(card => Date.now() - card.looked > 5000 && card.look()));
addEventListener('online', page.wake);
addEventListener('offline', () => cards.forEach(card => card.unanswered()));
addEventListener('message', ({data, origin, source}) => {
  if (!data || data.pw !== 1) return;
  if (data.type === 'hello' && source === parent) cards.forEach(card => { card.told = {}; card.settle(); });
  if (/^signed-/.test(data.type)) cards.forEach(card => new URL(card.get('base')).origin === origin && card.look(true));
});
// What another page, or live.js, has heard: which lists changed, or that somebody signed in or out.
// A pause holds back lists, and never the word that somebody else sits here now.
new BroadcastChannel('portal-widgets').onmessage = ({data}) => cards.forEach(card => {
  if (/^signed-/.test(data)) card.look(true);
  else if (data === card.get('widget')) card.look();
});
setInterval(() => cards.forEach(card => card.tick()), 60000);

page.start(document);
})();
