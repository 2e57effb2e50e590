// A card of the studio that is signed out must not set out for the identity centre: embed.js never hears of its state.
document.addEventListener('widget:state', event => event.stopImmediatePropagation(), true);
