// On the pages after signing in and out: tells the cards of this browser, and closes a page that a card opened.
(function () {
'use strict';
const said = {pw: 1, type: document.currentScript.getAttribute('data-say')};
const handover = document.querySelector('[data-pw-handover]');
if (handover) return handOver(handover.dataset);
if (!said.type) return;
if (window.BroadcastChannel) new BroadcastChannel('portal-widgets').postMessage(said.type);
if (window.parent !== window) window.parent.postMessage(said, '*');
if (!window.opener) return;
window.opener.postMessage(said, '*');
setTimeout(() => window.close(), 1200);

// To the card on another site's page that opened this window, and to that page's origin alone. Nobody there, or nobody
// who answers: the other words of this page say how to go on.
function handOver({target, ticket, code}) {
  const {opener} = window;
  const unheard = () => {
    handover.hidden = true;
    document.querySelector('[data-pw-cut]').hidden = false;
  };
  if (!opener) return unheard();
  const late = setTimeout(unheard, 3000);
  addEventListener('message', ({data, origin, source}) => {
    if (source !== opener || origin !== target || !data || data.type !== 'received') return;
    clearTimeout(late);
    window.close();
  });
  opener.postMessage({pw: 1, type: 'handover', ticket, code}, target);
}
})();
