// /auth/check: tests what a card needs of the page around it, and says each result as a sentence.
(function () {
'use strict';
const list = document.querySelector('[data-check]');
const heard = JSON.parse(list.dataset.check);
const framed = window.top !== window;
const across = heard['Sec-Fetch-Site'] === 'cross-site';
const TOKENS = 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox';

function say(name, mark, sentence) {
  const row = list.appendChild(document.createElement('li'));
  row.dataset.name = name;
  row.dataset.mark = mark;
  row.textContent = `${mark}: ${sentence}`;
}

// The window that the button opens says only that it arrived, to its own origin.
if (location.hash === '#window') {
  say('window', window.opener ? 'ok' : 'note', window.opener ? 'This window knows who opened it.' : 'This window does not know who opened it.');
  if (window.opener) window.opener.postMessage({pw: 1, type: 'checked', origin: window.origin}, location.origin);
  return;
}

if (framed) say('frame', 'ok', 'The page is in a frame.');
else say('frame', 'note', 'The page is not in a frame: put its address into an iframe on the portal, and look there.');

if (!heard['Sec-Fetch-Site']) say('site', 'note', 'The browser does not say whether the portal is of our site.');
else if (across) say('site', 'note', 'The portal is of another site: people sign in through a window. Better is an address for us below the portal\'s own domain.');
else say('site', 'ok', `The portal is of our site (${heard['Sec-Fetch-Site']}).`);

if (window.origin === 'null') say('sandbox', 'WRONG', `The frame is sandboxed without allow-same-origin. It needs: ${TOKENS}.`);
else say('sandbox', 'ok', 'The frame has our origin.');

if (window.isSecureContext) say('secure', 'ok', 'The connection is secure.');
else say('secure', across ? 'WRONG' : 'note', 'The connection is not secure: from another site browsers keep no session then.');

const began = Date.now();
fetch('check', {headers: {Accept: 'application/json'}, credentials: 'same-origin', cache: 'no-store'})
  .then(answer => answer.json())
  .then(({kept, now}) => {
    const good = across ? kept['pw-check-frame'] : kept['pw-check-lax'] || kept['pw-check-frame'];
    if (good) say('cookies', 'ok', 'The browser keeps our cookies here.');
    else say('cookies', 'WRONG', 'The browser keeps none of our cookies here, so nobody can be signed in: is it older than Chrome 114, Firefox 141, Safari 26.2, or are cookies switched off?');
    const apart = Math.round(now - (began + Date.now()) / 2000);
    if (Math.abs(apart) <= 60) say('clock', 'ok', 'The clock of this computer agrees with ours.');
    else say('clock', 'note', `The clock of this computer is ${Math.abs(apart)} s ${apart > 0 ? 'behind' : 'ahead of'} ours: nobody is refused for it, but set it right.`);
  })
  .catch(() => say('cookies', 'WRONG', 'The page cannot ask us anything: does something between the browser and us hold back scripts\' requests?'));

document.querySelector('button').addEventListener('click', ({target}) => {
  target.disabled = true;
  const opened = window.open(`${location.pathname}#window`, '_blank', 'popup,width=480,height=360');
  if (!opened) return say('window', 'WRONG', `No window opens from here: is it blocked, or does the frame's sandbox lack a word? It needs: ${TOKENS}.`);
  const late = setTimeout(() => say('window', 'WRONG', 'A window opens, but hears nothing of us: does the portal\'s page send Cross-Origin-Opener-Policy?'), 3000);
  addEventListener('message', ({data, source}) => {
    if (source !== opened || !data || data.type !== 'checked') return;
    clearTimeout(late);
    if (data.origin === 'null') say('window', 'WRONG', `Windows inherit the frame's sandbox. It needs: ${TOKENS}.`);
    else say('window', 'ok', 'A window opens and knows us.');
    opened.close();
  });
});
})();
