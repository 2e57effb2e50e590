// Keeps the cards of a page alive: quiet refreshes that move nothing under the pointer or the focus, a pause, a word
// to whoever listens. Works in a frame's document and in shadow roots. ES2018, no dependencies, Chromium 78 and later.
(function () {
'use strict';
if (window.portalWidgets) return;

const LIVE = /^(ok|empty|partial|stale)$/;
const framed = parent !== window;
const portal = (location.ancestorOrigins || [])[0] || document.referrer;
const channel = new BroadcastChannel('portal-widgets');
const cards = new Set();
let stream = null, active = false;

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (all, name) => values[name]);
const rows = section => [...section.querySelectorAll('.pw-item')];
const key = row => row.id;
const owner = section => section.getAttribute('data-version').split('-')[0];
const parse = text => {
  const drawn = new DOMParser().parseFromString(text, 'text/html');
  const root = drawn.querySelector('template');
  return (root ? root.content : drawn).querySelector('.pw');
};
const holder = node => {
  const inside = node.getRootNode().activeElement;
  return inside !== document.body && node.contains(inside) ? inside : null;
};
const focused = node => !!holder(node);
const wake = name => cards.forEach(card => { if (!name || name === card.get('widget')) card.look(); });
const kept = (name, value) => {
  // Storage may be forbidden to frames; then a pause lasts as long as the page.
  try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch (e) { return null; }
};

// The words for a moment, reckoned by the server's clock (ward PCs drift) and in the zone that the moment is written in.
function when(iso, now, words) {
  const zone = /([+-])(\d\d):(\d\d)$/.exec(iso) || ['', '+', 0, 0];
  const shift = (zone[1] + 1) * (zone[2] * 60 + +zone[3]) * 60000;
  const then = Date.parse(iso), age = (now - then) / 1000, time = iso.slice(11, 16);
  if (age >= 0 && age < 60) return words['just-now'];
  if (age >= 0 && age < 3600) return fill(words['minutes-ago'], {n: Math.floor(age / 60)});
  const day = moment => Math.floor((moment + shift) / 86400000), days = day(now) - day(then);
  if (days === 0 || days === 1) return fill(words[days ? 'yesterday' : 'today'], {time});
  const year = new Date(now + shift).toISOString().slice(0, 4);
  return iso.slice(0, 4) === year ? iso.slice(5, 10) + ' ' + time : iso.slice(0, 10);
}

// Makes `from` like `to`. A node with an id keeps its identity, and the one with the focus is never moved.
function morph(from, to) {
  for (const {name, value} of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const {name} of [...from.attributes]) if (!to.hasAttribute(name) && name !== 'data-w') from.removeAttribute(name);
  let here = from.firstChild;
  for (const next of [...to.childNodes]) {
    const same = match(from, here, next);
    if (!same) { from.insertBefore(next, here); continue; }
    if (same !== here && focused(same)) while (here !== same) { const aside = here; here = here.nextSibling; from.appendChild(aside); }
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

// What only some cards need comes when one of them is there.
function need(src) {
  if (!document.querySelector('script[src="' + src + '"]')) document.head.appendChild(Object.assign(document.createElement('script'), {src}));
}

async function ask(address, pressed) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 15000);
  try {
    const answer = await fetch(address, {credentials: 'include', cache: pressed ? 'reload' : 'default', headers: {Accept: 'text/html'}, signal: stop.signal});
    const next = answer.status === 204 ? null : parse(await answer.text());
    // Whatever a gateway or a sign-in page says in our place is not a card.
    return answer.ok && answer.headers.has('Widget-State') && (next || answer.status === 204) ? {headers: answer.headers, next} : null;
  } catch (e) { return null; } finally { clearTimeout(timer); }
}

class Card {
  constructor(section, host) {
    Object.assign(this, {section, host, turn: 0, newest: 0, fails: 0, skew: null, held: null, left: null, told: {}, spoken: 0});
    this.words = JSON.parse(this.get('words'));
    this.version = this.get('version');
    this.every = +this.get('every');
    this.memo = 'pw-paused-' + this.get('widget');
    this.paused = kept(this.memo) === '1';
    section.addEventListener('click', event => this.press(event));
    section.addEventListener('keydown', () => { this.left = null; });
    for (const left of ['mouseleave', 'focusout']) section.addEventListener(left, () => setTimeout(() => this.release(), 3000));
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(section);
    cards.add(this);
    this.settle();
    this.wait();
  }
  get(name) { return this.section.getAttribute('data-' + name); }
  query(selector) { return this.section.querySelector(selector); }
  find(hook) { return this.query('[data-pw-' + hook + ']'); }
  stop() { cards.delete(this); clearTimeout(this.timer); this.watch.disconnect(); }

  wait() {
    clearTimeout(this.timer);
    const seconds = Math.min(Math.max(this.every, 1) * 2 ** this.fails, 600) * (.85 + Math.random() * .3);
    this.timer = setTimeout(() => this.look(), seconds * 1000);
  }

  async look(pressed) {
    if (!pressed && (this.paused || document.hidden)) return;
    const turn = ++this.turn, src = this.get('src');
    this.looked = Date.now();
    if (pressed) this.section.setAttribute('aria-busy', 'true');
    const answer = await ask(src + (src.includes('?') ? '&' : '?') + 'as=fragment&v=' + this.version + (active ? '&active=1' : ''), pressed);
    active = false;
    if (turn < this.newest || !cards.has(this)) return;
    this.newest = turn;
    if (turn === this.turn && this.get('state') !== 'starting') this.section.removeAttribute('aria-busy');
    if (answer) this.answered(answer, pressed); else this.unanswered(pressed);
    this.wait();
  }

  answered({headers, next}, pressed) {
    const header = name => headers.get(name), clock = Date.parse(header('Date'));
    if (clock) this.skew = clock - Date.now();
    this.fails = 0;
    this.version = header('Widget-Version') || this.version;
    // Nothing new after a short wait: the next one is longer.
    this.every = +header('Widget-Refresh-After') || Math.min(this.every * 2, Math.max(this.every, 60));
    if (next) return this.take(next, pressed);
    if (header('Widget-As-Of')) (this.held || this.section).setAttribute('data-as-of', header('Widget-As-Of'));
    if (pressed && this.held) return this.put(this.held, this.held.getAttribute('data-say'));
    if (pressed) this.say(this.get('say'));
    this.settle();
  }

  unanswered(pressed) {
    this.fails += 1;
    if (navigator.onLine && this.fails < 2 && !pressed) return;
    const iso = this.get('as-of'), note = this.find('offline');
    const words = this.words['live-' + (navigator.onLine ? 'unreachable' : 'offline') + (iso ? '' : '-blank')];
    note.lastElementChild.textContent = fill(words, {time: iso && iso.slice(11, 16)});
    if (note.hidden || pressed) this.say(note.textContent);
    note.hidden = false;
    this.measure();
  }

  // New content: at once, unless it would move the rows under somebody's pointer or focus.
  take(next, pressed) {
    const old = rows(this.section).map(key), ids = rows(next).map(key);
    const fresh = rows(next).filter(row => !old.includes(row.id));
    fresh.forEach(row => old.length && row.setAttribute('data-fresh', ''));
    const same = owner(next) === owner(this.section);
    const calm = pressed || !same || !old.length || !LIVE.test(next.getAttribute('data-state')) || old.join() === ids.join();
    if (calm || !this.busy()) return this.put(next, pressed ? next.getAttribute('data-say') : same ? this.news(next, fresh) : '');
    this.held = next;
    const pill = this.find('show');
    pill.textContent = fill(this.words[fresh.length ? 'live-held' : 'live-moved'], {n: fresh.length});
    if (pill.hidden) this.say(pill.textContent);
    pill.hidden = false;
    this.measure();
  }
  // The focus that somebody left behind holds nothing up: the item that they opened and finished elsewhere must go.
  busy() {
    const at = holder(this.section);
    return this.section.matches(':hover') || (!!at && at !== this.left);
  }
  leave() { this.left = holder(this.section); }
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
  news(next, fresh) {
    if (!fresh.length || !rows(this.section).length) return '';
    const urgent = fresh.filter(row => row.getAttribute('data-urgency') === 'critical');
    if (!urgent.length || Date.now() - this.spoken < 60000) return fill(this.words['live-new'], {n: fresh.length});
    this.spoken = Date.now();
    const title = urgent[0].querySelector('.pw-text').title.slice(0, 30);
    return fill(this.words['live-critical'], {n: urgent.length, title});
  }

  say(words) {
    const status = this.query('[role=status]');
    if (!words) return;
    status.textContent = '';
    setTimeout(() => { status.textContent = words; }, 80);
  }

  press(event) {
    const hook = event.target.closest('[data-pw-refresh],[data-pw-pause],[data-pw-show]');
    if (!hook || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (hook.hasAttribute('data-pw-refresh')) this.look(true);
    else if (hook.hasAttribute('data-pw-pause')) this.pause(!this.paused);
    else if (this.held) { this.put(this.held); const first = this.query('a.pw-link'); if (first) first.focus(); }
  }
  pause(paused) {
    this.paused = paused;
    kept(this.memo, paused ? '1' : '0');
    this.settle();
    if (!paused) this.look();
  }

  // Everything that the server cannot know: the pause, the minute, the width, who listens.
  settle() {
    const pause = this.find('pause'), age = this.find('updated'), iso = this.get('as-of'), needs = this.find('needs');
    if (needs) need(needs.getAttribute('data-pw-needs'));
    if (!this.fails) this.find('offline').hidden = true;
    if (!this.held && this.find('show')) this.find('show').hidden = true;
    if (pause) { pause.hidden = false; pause.textContent = this.words[this.paused ? 'resume' : 'pause']; }
    if (age && iso) {
      const told = fill(this.words[this.get('state') === 'stale' ? 'as-of' : 'updated'], {time: iso.slice(11, 16)});
      age.textContent = this.paused ? fill(this.words.paused, {when: told}) : told;
    }
    this.tick();
    this.measure();
    this.report();
    listen(this);
  }

  tick() {
    if (this.skew === null && !this.paused) return;
    for (const time of this.section.querySelectorAll('time[datetime*=T]')) {
      const text = when(time.getAttribute('datetime'), Date.now() + this.skew, this.words);
      if (time.lastChild.nodeValue !== text) time.lastChild.nodeValue = text;
    }
  }

  measure() {
    const wide = this.section.clientWidth, width = wide < 300 ? 'xs' : wide < 480 ? 's' : 'm';
    if (this.get('w') !== width) this.section.setAttribute('data-w', width);
    if (!this.host) this.tell('size', {height: Math.ceil(this.section.getBoundingClientRect().bottom + window.pageYOffset)});
  }

  report() {
    const name = this.get('widget'), state = this.get('state'), total = this.get('total');
    this.tell('state', {name, state, base: this.get('base'), title: this.query('.pw-title').textContent});
    this.tell('count', {name, total: total === null ? null : +total, urgent: +this.get('urgent')});
  }
  // Sizes are nobody's secret; counts go to the portal alone.
  tell(type, detail) {
    const said = JSON.stringify(detail);
    if (this.told[type] === said) return;
    this.told[type] = said;
    if (this.host) this.host.dispatchEvent(new CustomEvent('widget:' + type, {bubbles: true, composed: true, detail}));
    else if (framed && (portal || type === 'size')) parent.postMessage({pw: 1, type, ...detail}, type === 'size' ? '*' : portal);
  }
}

// One stream of wake-ups per browser where Web Locks can choose who holds it (secure contexts), else one per visible page.
function listen(card) {
  const address = card.get('events');
  if (stream || !address || card.paused || document.hidden || !LIVE.test(card.get('state'))) return;
  const stop = stream = new AbortController();
  const open = () => new Promise(release => {
    const source = new EventSource(address, {withCredentials: true});
    const hear = event => { pass(event.type); channel.postMessage(event.type); };
    for (const kind of ['todos', 'notices', 'signed-out']) source.addEventListener(kind, hear);
    source.onerror = () => { if (source.readyState === 2) stop.abort(); };
    stop.signal.addEventListener('abort', () => { source.close(); release(); });
  });
  if (navigator.locks) navigator.locks.request('portal-widgets', {signal: stop.signal}, open).catch(() => {});
  else open();
}
const pass = kind => wake(/^signed-/.test(kind) ? '' : kind);

document.addEventListener('visibilitychange', () => {
  cards.forEach(card => document.hidden ? card.leave() : card.release());
  if (!document.hidden) return wake();
  if (stream) stream.abort();
  stream = null;
});
addEventListener('blur', () => cards.forEach(card => card.leave()));
addEventListener('focus', () => cards.forEach(card => Date.now() - (card.looked || 0) > 5000 && card.look()));
addEventListener('online', () => wake());
addEventListener('offline', () => cards.forEach(card => card.unanswered()));
addEventListener('message', ({data, origin, source}) => {
  if (!data || data.pw !== 1) return;
  if (data.type === 'active' && source === parent) active = true;
  if (data.type === 'hello' && source === parent) cards.forEach(card => { card.told = {}; card.measure(); card.report(); });
  if (/^signed-/.test(data.type)) cards.forEach(card => new URL(card.get('base')).origin === origin && card.look());
});
// Polling is nothing that a person does: the next look says whether somebody was there since the last.
for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel']) addEventListener(kind, () => { active = true; }, {passive: true, capture: true});
channel.onmessage = ({data}) => pass(data);
setInterval(() => cards.forEach(card => card.tick()), 60000);

window.portalWidgets = {
  wake: () => wake(),
  // Brings every card to life that a document or a shadow root holds; answers with the first.
  start(root, host) { return [...root.querySelectorAll('.pw[data-src]')].map(section => new Card(section, host || null))[0]; },
};
window.portalWidgets.start(document);
})();
