// For portal pages, behind widgets.js in one file: the element <portal-widget>, and the height of frames. ES2018.
(function () {
'use strict';
if (window.portalWidgets.embedding) return;
window.portalWidgets.embedding = true;

const base = document.currentScript ? document.currentScript.src.replace(/\/[^/]*$/, '') : '';
const LOOK = ['campus', 'limit', 'size', 'scheme', 'lang', 'heading', 'theme'];
const origin = new URL(base || location.href).origin;
const own = new Set();
let tried = false;

// Only a frame that shows our service may speak, and only for itself; its height is clamped by the page's own limits.
const frames = () => [...new Set([...own, ...document.querySelectorAll('iframe')])]
  .filter(frame => frame.contentWindow && new URL(frame.src, location.href).origin === origin);
const speaker = event => event.origin === origin ? frames().find(frame => frame.contentWindow === event.source) : null;
window.addEventListener('message', event => {
  const said = event.data, frame = said && said.pw === 1 && event.source ? speaker(event) : null;
  if (!frame) return;
  if (said.type === 'size') return resize(frame, +said.height || 0);
  if (said.type !== 'count' && said.type !== 'state') return;
  if (said.title && !frame.title) frame.title = said.title;
  const {pw, type, ...detail} = said;
  frame.dispatchEvent(new CustomEvent('widget:' + type, {bubbles: true, composed: true, detail}));
});
function resize(frame, wanted) {
  const least = +frame.getAttribute('data-min') || 96, most = +frame.getAttribute('data-max') || 1600;
  frame.style.height = Math.min(Math.max(wanted, least), most) + 'px';
}
// Frames that were ready before this script have spoken to nobody: let them say it again.
for (const frame of frames()) frame.contentWindow.postMessage({pw: 1, type: 'hello'}, '*');

// Somebody is at work on this page: the frames are told that, now and then, and nothing else.
let told = 0;
for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel']) window.addEventListener(kind, () => {
  if (Date.now() - told < 30000) return;
  told = Date.now();
  for (const frame of frames()) frame.contentWindow.postMessage({pw: 1, type: 'active'}, '*');
}, {passive: true, capture: true});

// Once per page: whoever is signed in at the identity centre need not press anything. Frames do the same by redirect.
function signInSilently(from) {
  if (tried) return;
  tried = true;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = from + '/auth/login?silent=1&return=/auth/done';
  frame.addEventListener('load', window.portalWidgets.wake);
  document.body.appendChild(frame);
  setTimeout(() => frame.remove(), 15000);
}

class PortalWidget extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('widget:state', ({target, detail}) => {
      if (target !== this) return;
      this.setAttribute('state', detail.state);
      if (this.card) this.setAttribute('version', this.card.version);
      if (detail.state === 'signed-out') signInSilently(detail.base);
    });
  }
  connectedCallback() {
    // While the page is still being read, what stands inside this element is not there yet.
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => this.mount(), {once: true});
    else this.mount();
  }
  disconnectedCallback() {
    if (this.card) this.card.stop();
    this.card = null;
    clearTimeout(this.timer);
  }

  mount() {
    if (!this.isConnected || this.card) return;
    const inner = this.querySelector('template');
    if (this.shadowRoot) this.wake();
    else if (inner) this.draw(inner.content);
    else if (this.getAttribute('mode') === 'fragment') this.load(1);
    else if (!this.querySelector('iframe')) this.frame();
  }

  draw(content) {
    const root = this.attachShadow({mode: 'open'}), style = content.querySelector('style');
    if (style) this.adopt(root, style);
    root.appendChild(document.importNode(content, true));
    this.wake();
  }
  // A strict portal's policy refuses inline styles, and a constructed sheet is none.
  adopt(root, style) {
    if (!('adoptedStyleSheets' in root)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.textContent);
    root.adoptedStyleSheets = [sheet];
    style.remove();
  }
  wake() {
    const style = this.shadowRoot.querySelector('style');
    if (style) this.adopt(this.shadowRoot, style);
    this.card = window.portalWidgets.start(this.shadowRoot, this);
  }

  address() {
    const query = LOOK.filter(name => this.hasAttribute(name)).map(name => name + '=' + encodeURIComponent(this.getAttribute(name)));
    return this.getAttribute('src') || base + '/widgets/' + encodeURIComponent(this.getAttribute('name')) + '?' + query.join('&');
  }

  frame() {
    const frame = document.createElement('iframe');
    frame.src = this.address();
    frame.title = this.getAttribute('title') || this.textContent.trim();
    frame.loading = 'lazy';
    for (const limit of ['data-min', 'data-max']) if (this.hasAttribute(limit)) frame.setAttribute(limit, this.getAttribute(limit));
    Object.assign(frame.style, {display: 'block', width: '100%', border: '0', colorScheme: 'normal', height: (this.getAttribute('height') || 420) + 'px'});
    own.add(frame);
    this.textContent = '';
    this.appendChild(frame);
  }

  // What stands inside the element stays until the card is there; a service that is away is asked again, ever more rarely.
  async load(pause) {
    const address = this.address();
    try {
      const answer = await fetch(address + (address.includes('?') ? '&' : '?') + 'as=fragment', {credentials: 'include', headers: {Accept: 'text/html'}});
      const root = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('portal-widget > template');
      if (answer.ok && root && this.isConnected) return this.draw(root.content);
    } catch (e) { /* as below */ }
    if (this.isConnected) this.timer = setTimeout(() => this.load(Math.min(pause * 2, 600)), pause * 5000);
  }
}
if (!customElements.get('portal-widget')) customElements.define('portal-widget', PortalWidget);
})();
