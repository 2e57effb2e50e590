// On the pages after signing in and out: tells the cards of this browser, and closes a page that a card opened.
(function () {
'use strict';
const said = {pw: 1, type: document.currentScript.getAttribute('data-say')};
if (!said.type) return;
if (window.BroadcastChannel) new BroadcastChannel('portal-widgets').postMessage(said.type);
if (window.parent !== window) window.parent.postMessage(said, '*');
if (!window.opener) return;
window.opener.postMessage(said, '*');
setTimeout(() => window.close(), 1200);
})();
