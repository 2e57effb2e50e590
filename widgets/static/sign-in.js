// Signs in a card that stands on another site's page: opens a window in the click, and redeems what it brings with the
// cookie of this page's own jar. Only cards that need it load this file. ES2018, no dependencies.
(function () {
'use strict';
const host = window.portalWidgets, channel = new BroadcastChannel('portal-widgets');
if (host.signsIn) return;
host.signsIn = true;
let waiting = null;

// The element under an event, inside shadow roots, too.
const under = (event, selector) => event.composedPath()[0].closest(selector);
const ticket = button => new URL(button.href).searchParams.get('t');
const show = (button, hook, shown) => {
  const found = button.closest('.pw').querySelector('[data-pw-' + hook + ']');
  if (found) found.hidden = !shown;
  return found;
};

addEventListener('click', event => {
  const button = under(event, '[data-pw-sign-in=popup]');
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const popup = open(button.href, '_blank', 'popup,width=480,height=680');
  if (!popup) return;
  event.preventDefault();
  waiting = {popup, button, ticket: ticket(button)};
  show(button, 'unheard', false);
  show(button, 'number', true);
});

// Only the window that this page opened may hand something over, only from our origin, and only for this ticket.
addEventListener('message', ({data, origin, source}) => {
  if (!waiting || source !== waiting.popup || origin !== new URL(waiting.button.href).origin) return;
  if (!data || data.pw !== 1 || data.type !== 'handover' || data.ticket !== waiting.ticket) return;
  source.postMessage({pw: 1, type: 'received'}, origin);
  redeem(waiting, {code: data.code});
});

// The click, and not the form's own event: that one never leaves a shadow root. Enter makes a click, too.
addEventListener('click', event => {
  const pressed = under(event, '[data-pw-number] button');
  if (!pressed) return;
  const button = pressed.closest('.pw').querySelector('[data-pw-sign-in]'), digits = pressed.form.querySelector('input');
  if (!digits.checkValidity()) return;
  event.preventDefault();
  redeem({button, ticket: waiting ? waiting.ticket : ticket(button)}, {number: digits.value.replace(/\D/g, '')});
  digits.select();
});

async function redeem({button, ticket}, proof) {
  let answer = null;
  try {
    answer = await fetch(new URL('redeem', button.href), {
      method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({ticket, ...proof}),
    });
  } catch (e) { /* as any other answer that is none */ }
  for (const hook of ['unheard', 'wrong']) show(button, hook, !(answer && answer.ok) && (hook === 'wrong') === !!proof.number);
  if (!answer || !answer.ok) return;
  waiting = null;
  host.wake();
  channel.postMessage('signed-in');
}
})();
