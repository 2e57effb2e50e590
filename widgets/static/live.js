// For cards with a list: one stream of wake-ups, and whether somebody is there. Only they load this file, behind the
// runtime. Where Web Locks can choose (secure contexts), one page of the browser holds the stream and tells the others;
// elsewhere one frame of each visible page does. ES2018, no dependencies.
(function () {
'use strict';
const page = window.portalWidgets, channel = new BroadcastChannel('portal-widgets');
if (page.listen) return;
let stream = null;

// Called whenever a card has changed: opens the stream unless it is open, or nobody wants it.
page.listen = () => {
  const card = [...page.cards].find(each => !each.paused && /live/.test(each.get('pw-needs')));
  if (stream || !card || document.hidden) return;
  const stop = stream = new AbortController();
  const open = () => new Promise(release => {
    const source = new EventSource(card.get('base') + '/widgets/events', {withCredentials: true});
    const hear = ({type}) => {
      channel.postMessage(type);
      // The others hear it first, and do not take over what would be refused; whoever signs in next is not kept waiting.
      // It may also be that the person was there meanwhile, of which an open stream knows nothing.
      if (type === 'signed-out') setTimeout(() => { if (stream === stop) close(); page.listen(); }, 1000);
    };
    for (const kind of ['todos', 'notices', 'signed-out']) source.addEventListener(kind, hear);
    // Ended for good, which is what happens when nobody is signed in any more: the next look says it.
    source.onerror = () => { if (source.readyState === 2) close(); };
    stop.signal.addEventListener('abort', () => { source.close(); release(); });
  });
  if (navigator.locks) navigator.locks.request('portal-widgets', {signal: stop.signal}, open).catch(() => {});
  else if (neighbours()) stream = null;
  else open();
};
page.listens = () => !!stream;
// By plain http the frames of a page, which may see each other, leave it to one of them.
const neighbours = () => [...Array(parent.length).keys()].some(i => {
  try { return parent[i] !== window && parent[i].portalWidgets.listens(); } catch (e) { return false; }
});
function close() {
  if (stream) stream.abort();
  stream = null;
}
channel.onmessage = ({data}) => { if (data === 'signed-out') close(); };
document.addEventListener('visibilitychange', () => document.hidden ? close() : page.listen());

// Polling is nothing that a person does: the next look says whether somebody was there since the last.
for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel']) addEventListener(kind, () => { page.active = true; }, {passive: true, capture: true});
addEventListener('message', ({data, source}) => {
  if (data && data.pw === 1 && data.type === 'active' && source === parent) page.active = true;
});

page.listen();
})();
