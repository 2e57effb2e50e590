/* Measures the cards of a document: what theme check's browser rules judge. Gives plain data, decides nothing. */
(() => {
'use strict';
const rgba = text => {
  const n = (text.match(/[\d.]+/g) || []).map(Number);
  return text.startsWith('rgb') ? [n[0], n[1], n[2], n.length > 3 ? n[3] : 1] : [0, 0, 0, 0];
};
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
const hex = c => '#' + c.slice(0, 3).map(v => Math.round(v).toString(16).padStart(2, '0')).join('').toUpperCase();
const style = (el, pseudo) => getComputedStyle(el, pseudo);

/* What lies under an element; null where a picture lies there. The row's ::before bar is beside the words. */
const ground = el => {
  const layers = [];
  for (let e = el; e && e.nodeType === 1; e = e.parentElement) {
    const s = style(e);
    if (s.backgroundImage !== 'none') return null;
    const c = rgba(s.backgroundColor);
    layers.push(c);
    if (c[3] === 1) break;
  }
  const page = style(document.documentElement).colorScheme.includes('dark') ? [18, 18, 18] : [255, 255, 255];
  return layers.reverse().reduce((under, top) => over(top, under), page);
};
const faded = el => {
  let share = 1;
  for (let e = el; e && e.nodeType === 1; e = e.parentElement) share *= +style(e).opacity;
  return share;
};
const spoken = el => el.closest('.pw-vh') || el.closest('[hidden]');
const shown = el => {
  const box = el.getBoundingClientRect(), s = style(el);
  return box.width > 1 && box.height > 1 && s.visibility === 'visible' && faded(el) > 0.1;
};
/* Its card's state, its name for people, and the classes by which a theme may have styled it: its own, then those around. */
const named = el => (el.classList.length ? '.' + [...el.classList].join('.') : el.tagName.toLowerCase());
const where = el => {
  const card = el.closest('.pw'), up = el.parentElement, blamed = [];
  for (let e = el, n = 0; e && e !== card && n < 4; e = e.parentElement, n += 1) blamed.push(...[...e.classList].reverse());
  return {card: card ? card.dataset.state : '', at: el.classList.length || !up || !up.classList.length ? named(el) : `${named(up)} ${named(el)}`, blamed};
};
const texts = root => {
  const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && !spoken(el) && !el.closest('script,style,noscript,template')) found.push(walker.currentNode);
  }
  return found;
};
const range = node => { const r = document.createRange(); r.selectNodeContents(node); return r; };

/* Parts that the script shows later are shown now, with the words that it would say. */
const dress = () => document.querySelectorAll('.pw').forEach(card => {
  const words = JSON.parse(card.dataset.words || '{}');
  const say = (hook, key, into) => card.querySelectorAll(`[${hook}]`).forEach(el => {
    el.hidden = false;
    const target = into ? el.querySelector(into) : el;
    if (target && !target.textContent.trim()) target.textContent = (words[key] || '').replace('{n}', '2').replace('{time}', '09:41');
  });
  if (card.dataset.state === 'ok') { say('data-pw-show', 'live-held'); say('data-pw-offline', 'live-offline', 'span'); }
  say('data-pw-pause', 'pause');
});

const colours = () => {
  const found = [];
  for (const node of texts(document)) {
    const el = node.parentElement, s = style(el), under = ground(el);
    if (!under || !shown(el)) continue;
    const top = rgba(s.color);
    const front = over([...top.slice(0, 3), top[3] * faded(el)], under);
    const size = parseFloat(s.fontSize), big = size >= 24 || (size >= 18.66 && +s.fontWeight >= 700);
    found.push({...where(el), front: hex(front), back: hex(under), least: big ? 3 : 4.5, text: node.data.trim().slice(0, 12)});
  }
  return found;
};
const marks = () => {
  const found = [];
  const add = (el, what, colour, under) => under && colour[3] > 0 &&
    found.push({...where(el), what, front: hex(over(colour, under)), back: hex(under)});
  for (const el of document.querySelectorAll('.pw-btn--line, .pw-input, .pw-tag, .pw-pill')) {
    if (!shown(el)) continue;
    const s = style(el), under = el.parentElement && ground(el.parentElement), fill = rgba(s.backgroundColor);
    if (parseFloat(s.borderTopWidth) > 0) add(el, 'border', rgba(s.borderTopColor), under);
    else if (!el.matches('.pw-tag')) add(el, 'fill', fill, under);
  }
  for (const row of document.querySelectorAll('.pw-item[data-urgency=critical]')) {
    const s = style(row, '::before');
    if (s.content !== 'none' && s.backgroundImage === 'none') add(row, 'bar', rgba(s.backgroundColor), ground(row));
  }
  for (const icon of document.querySelectorAll('.pw-btn svg')) if (shown(icon)) add(icon.parentElement, 'icon', rgba(style(icon).stroke), ground(icon.parentElement));
  return found;
};
/* The box that can be hit: a link's ::after may cover what it is positioned in. */
const hit = el => {
  const s = style(el, '::after');
  if (s.content !== 'none' && s.position === 'absolute') {
    for (let e = el; e; e = e.parentElement) if (style(e).position !== 'static') return e.getBoundingClientRect();
  }
  return el.getBoundingClientRect();
};
const controls = () => [...document.querySelectorAll('.pw a[href], .pw button, .pw input')].filter(shown);
const targets = () => controls().map(el => { const b = hit(el); return {...where(el), width: b.width, height: b.height}; });

/* Words beyond the edge of something that cuts. A title that is cut after so many lines is meant to be (clamp.title). */
const lost = () => {
  const found = [];
  for (const node of texts(document)) {
    const el = node.parentElement;
    if (el.closest('[aria-hidden=true]') && el.closest('.pw-sk')) continue;
    for (const box of range(node).getClientRects()) {
      for (let e = el; e && e !== document.body; e = e.parentElement) {
        const s = style(e), edge = e.getBoundingClientRect(), cutsX = s.overflowX !== 'visible', cutsY = s.overflowY !== 'visible';
        const lines = s.webkitLineClamp && s.webkitLineClamp !== 'none';
        if ((cutsX && (box.right > edge.right + 1.5 || box.left < edge.left - 1.5)) ||
            (cutsY && !lines && (box.bottom > edge.bottom + 3 || box.top < edge.top - 3))) {
          found.push({...where(el), text: node.data.trim().slice(0, 16)});
          e = null; break;
        }
        if (lines) break;
      }
    }
  }
  return {words: found, sideways: document.documentElement.scrollWidth - innerWidth};
};
const urgencies = () => {
  const found = {};
  for (const row of document.querySelectorAll('.pw[data-state=ok] .pw-item[data-urgency]')) {
    const tag = row.querySelector('.pw-tag'), look = tag && shown(tag) ? tag : null, bar = style(row, '::before');
    const s = look && style(look);
    found[row.dataset.urgency] = found[row.dataset.urgency] || {
      words: look ? look.textContent.trim() : '',
      border: [s ? s.borderTopStyle + s.borderTopWidth + rgba(s.borderTopColor)[3] : 'none', ...(bar.content === 'none' ? [] : [bar.backgroundImage !== 'none', bar.width, rgba(bar.backgroundColor)[3] > 0])].join(' '),
      fill: hex((look && ground(look)) || ground(row) || [255, 255, 255]),
    };
  }
  return found;
};
/* What has to be seen in every state, and is not. */
const NEEDED = ['.pw-title', '[data-pw-refresh]', '[data-pw-banner]', '[data-pw-updated]', '[data-pw-pause]', '[data-pw-sign-in]', '.pw-item', '.pw-text', '.pw-tag'];
const hidden = () => NEEDED.flatMap(what => [...document.querySelectorAll('.pw ' + what)]
  .filter(el => !el.closest('[hidden]') && !shown(el)).map(el => ({...where(el), what})));
const images = () => [...document.querySelectorAll('.pw img')].map(el => ({
  ...where(el), natural: el.naturalWidth, width: el.getBoundingClientRect().width, raster: !/\.svg$/.test(el.src), name: el.src.split('/').pop(),
}));

/* The ring: what changes when the keyboard comes to a control. */
const ringed = (el, pseudo) => {
  const s = style(el, pseudo);
  return {outline: s.outlineStyle === 'none' || rgba(s.outlineColor)[3] < 0.5 ? 0 : parseFloat(s.outlineWidth), colour: s.outlineColor, shadow: s.boxShadow, border: s.borderTopColor + s.borderTopWidth, back: s.backgroundColor};
};
const rings = [];
const watch = () => {
  const before = new Map(controls().map(el => [el, [ringed(el), ringed(el, '::after')]]));
  document.addEventListener('focusin', ({target: el}) => {
    if (!before.has(el)) return;
    const was = before.get(el), now = [ringed(el), ringed(el, '::after')];
    const best = now.map((n, i) => Math.max(n.outline, n.shadow !== was[i].shadow ? 2 : 0));
    const i = best[1] > best[0] ? 1 : 0, under = ground(el.parentElement);
    rings.push({...where(el), width: best[i], colour: best[i] && now[i].outline ? hex(over(rgba(now[i].colour), under || [255, 255, 255])) : '', back: under ? hex(under) : ''});
  });
  return before.size;
};
const measures = () => {
  const found = {};
  for (const [name, what] of Object.entries({'head': '.pw-head', 'title': '.pw-title', 'row': '.pw-item', 'row title': '.pw-text', 'details': '.pw-meta', 'time': '.pw-time', '特急 tag': '.pw-tag--critical', '紧急 tag': '.pw-tag--high', '新 tag': '.pw-tag--new', '置顶 tag': '.pw-tag--pinned', 'banner': '.pw-note', 'blank': '.pw-blank', 'button': '.pw-btn--solid', 'foot': '.pw-foot', 'card': '.pw'})) {
    const el = [...document.querySelectorAll(what)].find(shown);
    if (!el) continue;
    const box = el.getBoundingClientRect(), s = style(el), under = ground(el), below = el.parentElement && ground(el.parentElement);
    found[name] = {width: Math.round(box.width), height: Math.round(box.height), font: parseFloat(s.fontSize), radius: parseFloat(s.borderTopLeftRadius), colour: under ? [hex(over(rgba(s.color), under)), hex(under)] : null,
      border: under && below && parseFloat(s.borderTopWidth) > 0 && rgba(s.borderTopColor)[3] > 0 ? [hex(over(rgba(s.borderTopColor), below)), hex(below)] : null};
  }
  return found;
};
window.pwProbe = {dress, colours, marks, targets, lost, urgencies, hidden, images, watch, rings: () => rings, measures};
})();
