// For portal pages: the height of frames, and the element <portal-widget>. What a card in the page itself needs is
// loaded with the first of them. The two addresses are filled in by the service. ES2018, no dependencies.
(function () {
'use strict';
const base = '$base', inPage = '$fragment';
if (customElements.get('portal-widget')) return;
const LOOK = ['campus', 'limit', 'size', 'scheme', 'lang', 'heading', 'theme', 'mask'];
const origin = new URL(base, location.href).origin;
const own = new Set();
let runtime = null;

// Only a frame that shows our service may speak, and only for itself; its height is clamped by the page's own limits.
const frames = () => [...new Set([...own, ...document.querySelectorAll('iframe')])]
  .filter(frame => frame.contentWindow && new URL(frame.src, location.href).origin === origin);
const tell = type => frames().forEach(frame => frame.contentWindow.postMessage({pw: 1, type}, '*'));
addEventListener('message', event => {
  const said = event.data, frame = event.origin === origin && said && said.pw === 1 && frames().find(each => each.contentWindow === event.source);
  if (!frame) return;
  if (said.type === 'size') frame.style.height = Math.min(Math.max(+said.height || 0, frame.dataset.min || 96), frame.dataset.max || 1600) + 'px';
  if (said.type !== 'count' && said.type !== 'state') return;
  if (said.title && !frame.title) frame.title = said.title;
  const {pw, type, ...detail} = said;
  frame.dispatchEvent(new CustomEvent('widget:' + type, {bubbles: true, composed: true, detail}));
});
// Frames that were ready before this script have spoken to nobody: let them say it again.
tell('hello');

// Somebody is at work on this page: the frames are told that, now and then, and nothing else.
let told = 0;
for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel']) addEventListener(kind, () => {
  if (Date.now() - told < 30000) return;
  told = Date.now();
  tell('active');
}, {passive: true, capture: true});

class PortalWidget extends HTMLElement {
  connectedCallback() {
    // While the page is still being read, what stands inside this element is not there yet.
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => this.mount(), {once: true});
    else this.mount();
  }
  disconnectedCallback() { if (this.unmount) this.unmount(); }

  mount() {
    if (this.shadowRoot || this.querySelector('template') || this.getAttribute('mode') === 'fragment') {
      runtime = runtime || new Promise(loaded => document.head.appendChild(Object.assign(document.createElement('script'), {src: inPage, onload: loaded})));
      runtime.then(() => window.portalWidgets.mount(this));
    } else if (!this.querySelector('iframe')) this.frame();
  }

  address() {
    const query = LOOK.filter(name => this.hasAttribute(name)).map(name => name + '=' + encodeURIComponent(this.getAttribute(name)));
    return this.getAttribute('src') || base + '/widgets/' + encodeURIComponent(this.getAttribute('name')) + '?' + query.join('&');
  }

  frame() {
    const frame = document.createElement('iframe');
    Object.assign(frame, {src: this.address(), title: this.title || this.textContent.trim(), loading: 'lazy'});
    Object.assign(frame.dataset, this.dataset);
    Object.assign(frame.style, {display: 'block', width: '100%', border: '0', colorScheme: 'normal', height: (this.getAttribute('height') || 420) + 'px'});
    own.add(frame);
    this.textContent = '';
    this.appendChild(frame);
  }
}
customElements.define('portal-widget', PortalWidget);
})();
