// Cards in a portal's own page, behind widgets.js in one file: each in a shadow root of its <portal-widget>, which
// embed.js has defined. ES2018, no dependencies.
(function () {
'use strict';
const page = window.portalWidgets;
if (page.mount) return;
let tried = false, answered = false;

page.mount = element => {
  if (!element.isConnected) return;
  if (!element.unmount) prepare(element);
  const inner = element.querySelector('template');
  if (element.card) element.card.go();
  else if (element.shadowRoot) wake(element);
  else if (inner) draw(element, inner.content);
  else load(element, 1);
};

function prepare(element) {
  element.unmount = () => {
    if (element.card) element.card.stop();
    clearTimeout(element.timer);
  };
  element.addEventListener('widget:state', ({target, detail}) => {
    if (target !== element) return;
    element.setAttribute('state', detail.state);
    if (element.card) element.setAttribute('version', element.card.version);
    // A page that is loaded may be somebody else's now: its list comes after the centre has said whose it is. Whoever
    // signed in elsewhere is told so, and an open page that nobody sits at does not push them out there.
    if (detail.reason === 'asking' && answered) page.wake();
    else if (detail.reason ? detail.reason === 'asking' : detail.state === 'signed-out') signInSilently(detail.base);
  });
}

function draw(element, content) {
  if (element.shadowRoot) return;
  const root = element.attachShadow({mode: 'open'}), style = content.querySelector('style');
  if (style) adopt(root, style);
  root.appendChild(document.importNode(content, true));
  wake(element);
}

// A strict portal's policy refuses inline styles, and a constructed sheet is none.
function adopt(root, style) {
  if (!('adoptedStyleSheets' in root)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.textContent);
  root.adoptedStyleSheets = [sheet];
  style.remove();
}

function wake(element) {
  const style = element.shadowRoot.querySelector('style');
  if (style) adopt(element.shadowRoot, style);
  element.card = page.start(element.shadowRoot, element);
}

// What stands inside the element stays until the card is there; a service that is away is asked again, ever more rarely.
async function load(element, pause) {
  const address = element.address();
  try {
    const answer = await fetch(address + (address.includes('?') ? '&' : '?') + 'as=fragment&loads=1', {credentials: 'include'});
    const inner = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('portal-widget > template');
    if (answer.ok && inner && element.isConnected) return draw(element, inner.content);
  } catch (e) { /* as below */ }
  if (element.isConnected) element.timer = setTimeout(() => load(element, Math.min(pause * 2, 600)), pause * 5000);
}

// Once per page: whoever is signed in at the identity centre need not press anything. Frames do the same by redirect.
function signInSilently(from) {
  if (tried) return;
  tried = true;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = from + '/auth/login?silent=1&return=/auth/done';
  frame.addEventListener('load', () => { answered = true; page.wake(); });
  document.body.appendChild(frame);
  setTimeout(() => frame.remove(), 15000);
}
})();
