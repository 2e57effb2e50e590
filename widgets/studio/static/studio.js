// The studio's pages: drawing the width, trying tokens, taking up what changes on disk, copying. Everything else is links.
(function () {
'use strict';
const body = document.body, words = JSON.parse(body.getAttribute('data-words'));
const all = (selector, from) => [...(from || document).querySelectorAll(selector)];
const one = selector => document.querySelector(selector);

function toast(text) {
  const note = one('[data-toast]');
  note.textContent = text;
  note.setAttribute('data-shown', '');
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => note.removeAttribute('data-shown'), 1800);
}

// The clipboard is only there in secure contexts; intranets are often none.
async function copy(text) {
  try { await navigator.clipboard.writeText(text); } catch (e) {
    const area = Object.assign(document.createElement('textarea'), {value: text});
    body.appendChild(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  toast(words.copied);
}
document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]');
  if (button) copy(document.getElementById(button.getAttribute('data-copy')).textContent);
});

// The width of the stage: of every card that stands on it. A portal's page shows something beside its card.
const beside = frame => +frame.getAttribute('data-page') || 0;
const zoom = body.getAttribute('data-aid') === 'zoom' ? 2 : 1;
function widen(grip) {
  const frames = all('iframe', grip.closest('[data-sheet]')), wide = () => (frames[0].width - beside(frames[0])) * zoom;
  const set = wanted => {
    const width = Math.min(Math.max(Math.round(wanted), 200), 1280);
    for (const frame of frames) frame.width = Math.round(width / zoom) + beside(frame);
    one('[data-width]').textContent = width;
    grip.setAttribute('aria-valuenow', width);
    const here = new URL(location.href);
    here.searchParams.set('w', width);
    history.replaceState(null, '', here);
    for (const link of all('a[data-view]')) {
      const to = new URL(link.href);
      if (!/^\d+$/.test(link.textContent.trim())) to.searchParams.set('w', width);
      link.href = to;
    }
  };
  grip.addEventListener('pointerdown', down => {
    const before = wide(), from = down.clientX;
    grip.setPointerCapture(down.pointerId);
    // The sheet is centred and grows to both sides, each frame by its share.
    const move = event => set(before + (event.clientX - from) * 2 / frames.length);
    grip.addEventListener('pointermove', move);
    grip.addEventListener('pointerup', () => grip.removeEventListener('pointermove', move), {once: true});
    down.preventDefault();
  });
  grip.addEventListener('keydown', event => {
    const step = {ArrowLeft: -8, ArrowRight: 8}[event.key];
    if (step) { set(wide() + step); event.preventDefault(); }
  });
}
all('[data-grip]').forEach(widen);

// The heights in the code are those of the cards as they stand on the stage, rounded up to ten; pages are shown whole.
const sizes = 'ResizeObserver' in window && one('.pair') ? new ResizeObserver(reserve) : null;
function reserve() {
  const heights = standing().map(card => Math.ceil(card.getBoundingClientRect().height / 10) * 10);
  if (!heights.length) return;
  for (const page of all('.pair iframe[data-page]')) page.height = page.contentDocument.body.scrollHeight;
  const code = one('#code'), pattern = /(height(?:="|:))\d+/g;
  const each = code.textContent.match(pattern).length === heights.length ? heights : null;
  code.textContent = code.textContent.replace(pattern, (was, name) => name + (each ? each.shift() : Math.max(...heights)));
}
// All of the stage's cards, or none while one of them is still to come.
function standing() {
  const found = cards().map(root => root.querySelector('.pw')).filter(Boolean);
  return found.length === all('.pair iframe').length ? found : [];
}
function measure(tries) {
  const found = standing();
  if (found.length) for (const card of found) sizes.observe(card);
  else if (tries) setTimeout(measure, 250, tries - 1);
}
if (sizes) measure(40);

// A form whose every state is an address: what it answers takes the place of what is shown.
for (const form of all('[data-live]')) {
  const update = async () => {
    const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const width = new URLSearchParams(location.search).get('w');
    if (width) said.set('w', width);
    const address = form.getAttribute('action') + '?' + said, turn = update.turn = (update.turn || 0) + 1;
    const answer = await fetch(address), id = form.getAttribute('data-live');
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!answer.ok || turn !== update.turn) return;
    history.replaceState(null, '', address);
    document.getElementById(id).replaceWith(document.importNode(fresh.getElementById(id), true));
    form.elements.sandbox.disabled = fresh.querySelector('[name=sandbox]').disabled;
    all('[data-grip]').forEach(widen);
    if (sizes) { sizes.disconnect(); measure(40); }
  };
  form.addEventListener('input', () => { clearTimeout(form.timer); form.timer = setTimeout(update, 200); });
  form.addEventListener('submit', event => { event.preventDefault(); update(); });
}

// A saved page for the doctor, cut down to what it looks at: tags of a few kinds, what htmx is told, and styles.
// The parser of the browser runs no script of the page and loads nothing.
const TOLD = ['name', 'content', 'http-equiv', 'rel', 'href', 'src', 'title', 'sandbox', 'mode'];
const STYLES = 150001;
function outline(from, to) {
  for (const each of from.children) {
    if (each.matches('template, noscript, svg')) continue;
    const told = each.getAttributeNames().filter(name => /^(data-)?hx-/.test(name));
    const own = each.matches('meta, link[rel~=stylesheet i], script[src], iframe, portal-widget, style, esi\\:include');
    let into = to;
    if (own || told.length) {
      into = to.ownerDocument.createElement(each.localName);
      for (const name of [...TOLD.filter(name => each.hasAttribute(name)), ...told]) into.setAttribute(name, each.getAttribute(name).slice(0, 2000));
      if (each.localName === 'style') into.textContent = each.textContent;
      to.appendChild(into);
    }
    outline(each, into);
  }
}
for (const field of all('[data-file]')) {
  field.hidden = false;
  field.querySelector('input').addEventListener('change', async event => {
    const text = await event.target.files[0].text(), from = /<!-- saved from url=.*?-->/.exec(text.slice(0, 4096));
    const short = document.implementation.createHTMLDocument('').body;
    outline(new DOMParser().parseFromString(text, 'text/html').documentElement, short);
    let left = STYLES;
    for (const style of all('style', short)) {
      style.textContent = style.textContent.slice(0, left);
      left -= style.textContent.length;
    }
    one('[data-page-text]').value = (from ? from[0] + '\n' : '') + short.innerHTML;
  });
}

// Tokens. What is typed lives in the fragment of the address, so that it can be passed on like any other view.
const panel = one('[data-tokens]');
const edits = new Map(new URLSearchParams(location.hash.slice(1)));
const rows = panel ? all('[data-token]', panel) : [];
const row = name => rows.find(each => each.getAttribute('data-token') === name);
const isColour = each => !!each.querySelector('[type=color]');
const normal = text => {
  const digits = text.trim().replace(/^#/, '');
  const six = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return /^[0-9a-f]{6}$/i.test(six) ? '#' + six.toUpperCase() : null;
};
function cards() {
  return all('iframe').filter(frame => frame.contentDocument).flatMap(frame => {
    if (!frame.hasAttribute('data-page')) return [frame.contentDocument];
    const host = frame.contentDocument.querySelector('portal-widget');
    return host && host.shadowRoot ? [host.shadowRoot] : [];
  });
}

// A constructed sheet is none that a content security policy refuses.
function dress(root, slot, text) {
  const view = (root.ownerDocument || root).defaultView;
  if (!view || !('adoptedStyleSheets' in root)) return;
  const mine = root.studio = root.studio || {};
  if (!mine[slot]) {
    mine[slot] = new view.CSSStyleSheet();
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, mine[slot]];
  }
  mine[slot].replaceSync(text);
}
// A page cannot put a browser into another medium. It can let the card's own rules for that medium hold, and do what
// browsers do there to every page; the studio says so beside it.
const AIDS = {
  spacing: ['', '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }'],
  still: ['prefers-reduced-motion', ''],
  forced: ['forced-colors', `[data-forced] { color: CanvasText !important; box-shadow: none !important; text-shadow: none !important; }
    [data-forced], [data-forced]::before, [data-forced]::after { border-color: CanvasText !important; }
    [data-forced=ground] { background: Canvas !important; }
    a[data-forced], a [data-forced] { color: LinkText !important; } button[data-forced], button [data-forced] { color: ButtonText !important; }`],
  print: ['print', '*, *::before, *::after { background: none !important; box-shadow: none !important; } [data-light] { color: #333 !important; }'],
};
function aid(root) {
  const name = body.getAttribute('data-aid'), [medium, more] = AIDS[name] || ['', ''];
  if (!AIDS[name]) return;
  const grouped = [...root.styleSheets, ...(root.adoptedStyleSheets || [])].flatMap(sheet => [...sheet.cssRules]).filter(rule => rule.media);
  const held = grouped.filter(rule => medium && rule.media.mediaText.includes(medium));
  if (name === 'print') for (const rule of grouped) if (rule.media.mediaText === 'screen') rule.media.mediaText = 'print';
  dress(root, 'aid', held.flatMap(rule => [...rule.cssRules]).map(rule => rule.cssText).join('\n') + more);
  for (const each of all('.pw, .pw *', root)) {
    const style = getComputedStyle(each), [red, green, blue] = style.color.match(/\d+/g);
    const ground = style.backgroundColor !== 'rgba(0, 0, 0, 0)';
    if (name === 'forced' && style.forcedColorAdjust !== 'none') each.setAttribute('data-forced', ground ? 'ground' : '');
    // Where no ground is printed, browsers darken what was light upon it.
    if (name === 'print') each.toggleAttribute('data-light', +red + +green + +blue > 500);
  }
}
function apply() {
  const lines = [...edits].map(([name, value]) => row(name) && '--pw-' + (isColour(row(name)) ? 'color-' : '') + name + ':' + value.replace(/[;{}<]/g, '') + ';');
  cards().forEach(aid);
  cards().forEach(root => dress(root, 'edits', lines.length ? '.pw.pw[data-widget][data-size]{' + lines.filter(Boolean).join('') + '}' : ''));
}
function note() {
  const said = new URLSearchParams([...edits].map(([name, value]) => [name, value.replace(/^#/, '')])).toString();
  history.replaceState(null, '', location.pathname + location.search + (said ? '#' + said : ''));
  for (const button of all('[data-copy-tokens],[data-forget]')) button.hidden = !edits.size;
  for (const each of rows) each.toggleAttribute('data-changed', edits.has(each.getAttribute('data-token')));
  for (const link of all('a[data-view]')) link.hash = said;
}
async function judge() {
  const query = [...edits].filter(([name]) => row(name) && isColour(row(name))).map(([name, value]) => '&' + name + '=' + value.slice(1)).join('');
  const turn = judge.turn = (judge.turn || 0) + 1;
  const answer = await fetch(panel.getAttribute('data-tokens') + query);
  if (!answer.ok || turn !== judge.turn) return;
  const table = await answer.json(), low = one('[data-low]');
  for (const told of table) show(row(told.name), told);
  low.textContent = table.filter(told => told.pairs.some(pair => !pair.passes)).length;
  low.hidden = low.textContent === '0';
}
function show(item, told) {
  if (!item) return;
  const ratios = item.querySelector('.ratios');
  if (!told.pairs.length) return;
  ratios.textContent = '';
  for (const pair of told.pairs) {
    const chip = Object.assign(document.createElement('span'), {className: 'ratio' + (pair.passes ? '' : ' ratio--low'), title: pair.back + ' ≥ ' + pair.least, textContent: pair.ratio.toFixed(1)});
    chip.appendChild(Object.assign(document.createElement('small'), {textContent: ' ' + pair.back}));
    ratios.appendChild(chip);
  }
  if (!told.nearest) return;
  const button = Object.assign(document.createElement('button'), {type: 'button', textContent: words.use + ' ' + told.nearest});
  button.setAttribute('data-use', told.nearest);
  ratios.appendChild(button);
}
function edit(item, text, typing) {
  const name = item.getAttribute('data-token'), was = item.getAttribute('data-was');
  const value = isColour(item) ? normal(text) : text.trim();
  if (!value) return;
  if (value === was) edits.delete(name); else edits.set(name, value);
  if (isColour(item)) item.querySelector('[type=color]').value = value.toLowerCase();
  if (!typing) item.querySelector('[type=text]').value = value;
  apply();
  note();
  clearTimeout(edit.timer);
  edit.timer = setTimeout(judge, 120);
}
function tokensJson() {
  const out = {};
  for (const [name, value] of edits) {
    const path = isColour(row(name)) ? ['color', name] : [name.split('-')[0], name.split('-').slice(1).join('-')];
    (out[path[0]] = out[path[0]] || {})[path[1]] = {$value: value};
  }
  return JSON.stringify(out, null, 2);
}
if (panel) {
  panel.addEventListener('input', event => edit(event.target.closest('[data-token]'), event.target.value, event.target.type === 'text'));
  panel.addEventListener('change', event => {
    const item = event.target.closest('[data-token]');
    if (event.target.type === 'text') event.target.value = edits.get(item.getAttribute('data-token')) || item.getAttribute('data-was');
  });
  panel.addEventListener('click', event => {
    const hook = event.target.closest('[data-use]');
    if (hook) edit(hook.closest('[data-token]'), hook.getAttribute('data-use'));
    else if (event.target.closest('[data-copy-tokens]')) copy(tokensJson());
    else if (event.target.closest('[data-forget]')) for (const each of rows) edit(each, each.getAttribute('data-was'));
  });
  for (const [name, value] of [...edits]) {
    edits.delete(name);
    if (row(name)) edit(row(name), value);
  }
}

// What changes on disk. Cards take it up by their own refresh, which moves nothing; pages that play a portal load anew.
async function restyle(frame) {
  const doc = frame.contentDocument, inline = doc && doc.querySelector('style');
  const answer = await fetch(frame.src);
  if (!doc || !answer.ok) return;
  dress(doc, 'theme', /<style>([^]*?)<\/style>/.exec(await answer.text())[1]);
  if (inline) inline.remove();
  // The tokens that somebody tries stay above those of the theme.
  doc.adoptedStyleSheets = [doc.studio.theme, ...doc.adoptedStyleSheets.filter(sheet => sheet !== doc.studio.theme)];
  frame.contentWindow.portalWidgets.wake();
}
async function retable() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const each of rows) {
    const now = fresh.querySelector('[data-token="' + each.getAttribute('data-token') + '"]');
    if (!now) continue;
    each.setAttribute('data-was', now.getAttribute('data-was'));
    if (!edits.has(each.getAttribute('data-token'))) for (const kind of ['color', 'text']) {
      const field = each.querySelector('[type=' + kind + ']');
      if (field && field !== document.activeElement) field.value = now.querySelector('[type=' + kind + ']').value;
    }
  }
  const notices = one('.words');
  if (notices) notices.replaceWith(fresh.querySelector('.words'));
  if (panel) judge();
}
async function take(now) {
  body.setAttribute('data-look', now);
  await Promise.all(all('iframe').filter(frame => frame.src).map(frame => {
    if (frame.hasAttribute('data-page')) return frame.contentWindow.location.reload();
    return restyle(frame);
  }));
  await retable();
  apply();
  toast(words.changed);
}
// What theme check says of the theme as it is on disk; it takes seconds, so it is asked for until it is there.
const check = one('[data-check]');
async function checked() {
  if (!check) return;
  const answer = await fetch(check.getAttribute('data-check'));
  const told = answer.ok ? await answer.json() : {state: 'failed'};
  checked.pending = told.state === 'pending';
  check.hidden = told.state === 'none';
  if (checked.pending || check.hidden) return;
  const found = told.findings || [];
  one('[data-check-state]').textContent = found.length ? found.length : check.getAttribute(told.state === 'failed' ? 'data-failed' : 'data-none');
  const list = check.querySelector('ul');
  list.textContent = '';
  for (const each of found) {
    const item = document.createElement('li'), words = document.createElement('span');
    item.setAttribute('data-level', each.level);
    item.appendChild(Object.assign(document.createElement('b'), {textContent: each.rule}));
    words.append(each.title + ' ', Object.assign(document.createElement('code'), {textContent: each.file + ':' + each.line}),
      document.createElement('br'), each.found + ' → ', Object.assign(document.createElement('code'), {textContent: each.instead}));
    item.appendChild(words);
    if (each.diff) item.appendChild(changes(each.diff));
    list.appendChild(item);
  }
}
// A unified diff, each line as what it is: taken away, added, or around them.
function changes(diff) {
  const shown = Object.assign(document.createElement('pre'), {tabIndex: 0});
  for (const line of diff.replace(/\n$/, '').split('\n'))
    shown.append(Object.assign(document.createElement({'+': 'ins', '-': 'del'}[line[0]] || 'span'), {textContent: line + '\n'}));
  return shown;
}
let wrong = null;
async function look() {
  const theme = body.getAttribute('data-theme');
  try {
    const answer = document.hidden ? null : await fetch(body.getAttribute('data-changes'));
    const told = answer && answer.ok ? await answer.json() : null;
    const now = told && told.looks[theme], said = told && JSON.stringify([told.refused, told.failing]);
    if (now && now !== body.getAttribute('data-look')) await take(now);
    else if (told && wrong !== null && said !== wrong) await retable();
    if (told && (checked.pending || said !== wrong || now !== checked.look)) await checked();
    if (told) { wrong = said; checked.look = now; }
  } catch (e) { /* the service is away: asked again */ }
  setTimeout(look, 1500);
}
if (body.hasAttribute('data-theme')) {
  for (const frame of all('iframe')) frame.addEventListener('load', apply);
  for (const frame of all('iframe[data-page]')) frame.addEventListener('load', () => setTimeout(apply, 600));
  apply();
  look();
}
})();
