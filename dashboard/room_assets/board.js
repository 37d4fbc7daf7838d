'use strict';
// The board: what the projector shows. The code stands after the # of the address.

const code = window.location.hash.slice(1);

function head(told) {
  const qr = el('img', { class: 'qr', src: `api/qr.svg?${new URLSearchParams({ code })}`, alt: '' });
  return el('header', { class: told.round ? 'small' : 'large' }, told.door && qr,
    el('div', {}, el('p', { class: 'address' }, told.address), el('p', { class: 'code' }, told.door ? ['Code ', el('b', {}, told.code)] : 'The door is closed.')),
    !told.round && el('p', { class: 'counted', role: 'status' }, `${told.students} in the room`));
}

follow('board', { query: { code } }, told => show(head(told), shownOf(told)), words => show(el('h1', {}, words)));
window.addEventListener('hashchange', () => window.location.reload());
