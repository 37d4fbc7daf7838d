'use strict';
// What the pages of a class have in common. Whatever somebody typed is put in as text, never as markup.

/** An element: `has` are its properties, or attributes where a name has a dash, and on... its listeners. */
function el(name, has = {}, ...within) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(has)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'width' || key === 'height') made.style[key] = value;
    else if (key === 'class') made.className = value;
    else if (key in made) made[key] = value;
    else if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...within.flat(Infinity).filter(part => part !== null && part !== undefined && part !== false));
  return made;
}

function show(...parts) { document.getElementById('page').replaceChildren(...parts.flat(Infinity).filter(Boolean)); }

function say(words) {
  const said = document.getElementById('said');
  if (said.textContent !== words) said.textContent = words;
}

/** What is kept in this browser, or in this page alone where the browser keeps nothing. */
const kept = {
  without: {},
  get(key) {
    if (key in this.without) return this.without[key];
    try { return JSON.parse(localStorage.getItem(`tashkent.${key}`)); } catch { return null; }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(`tashkent.${key}`);
      else localStorage.setItem(`tashkent.${key}`, JSON.stringify(value));
      delete this.without[key];
    } catch { this.without[key] = value; }
  },
  /** Forget all whose names begin so: the next pupil at this browser does not find it. */
  forget(start) {
    for (const key of Object.keys(this.without)) if (key.startsWith(start)) delete this.without[key];
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(`tashkent.${start}`)) localStorage.removeItem(key);
    } catch { /* nothing is kept */ }
  },
};

/** The server's word on what was asked; its refusals have a status, and where there is no server there is none. */
class Refused extends Error {
  constructor(status, words) { super(words); this.status = status; }
}

async function call(path, { token = '', body, query = {}, seconds = 30 } = {}) {
  const address = `api/${path}?${new URLSearchParams(query)}`;
  const asked = { method: body === undefined ? 'GET' : 'POST', cache: 'no-store', headers: { 'x-token': token }, signal: AbortSignal.timeout?.(1000 * seconds) };
  if (body !== undefined) asked.body = JSON.stringify(body);
  const answer = await fetch(address, asked);
  if (path.endsWith('.csv') && answer.ok) return answer.text();
  let found = null;
  try { found = await answer.json(); } catch { /* a proxy without its server */ }
  if (found === null) throw new TypeError('there is no server');
  if (!answer.ok) throw new Refused(answer.status, found.error);
  return found;
}

const pause = seconds => new Promise(done => { setTimeout(done, 1000 * seconds); });

/** Show what a path tells, again whenever it has changed, until `lost` is told that it is refused for good. */
async function follow(path, { token, query = {} }, shown, lost) {
  let since = '';
  for (;;) {
    try {
      const found = await call(path, { token, query: { ...query, since } });
      say('');
      if (found.version !== since) shown(found, since === '');
      since = found.version;
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 429) return lost(error.message);
      say('The server does not answer. This page goes on by itself as soon as it does.');
      since = '';
      await pause(1);
    }
  }
}

const ARROWS = { down: '↓', none: '→', up: '↑', out: '○', in: '●' };
const WORDS = { down: 'less likely in', none: 'no change', up: 'likelier in', out: 'out', in: 'in' };
const per = share => `${Math.round(100 * share)}%`;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const spoken = month => `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`;

/** What is asked, in words. */
function asked(round, tag = 'h1') {
  const head = [el(tag, {}, round.title), round.text && el('p', {}, round.text)];
  if (round.kind === 'council') {
    return [...head, el('ul', { class: 'rules' }, round.rules.map(([where, text]) => el('li', {}, el('b', {}, `${where}: `), text))), el('p', { class: 'effect' }, round.effect)];
  }
  if (round.kind === 'story') return head;
  return [
    ...head,
    round.changes.length > 0 && el('ul', {}, round.changes.map(words => el('li', {}, words))),
    el('p', { class: 'quiet' }, `Both worlds begin from the record of ${spoken(round.start)}.`),
  ];
}

/** What no fit learns: parameters of councils stay at their priors. */
const JUDGED = 'How readily members object in the model was judged beforehand and not learnt from the record: these chances show what the rules make of it, and are no finding.';

/** That there was nothing to be right about, where the answer is a zero by construction. */
function nought(round) {
  return round.zero && el('p', { class: 'effect' }, 'A zero by construction: in the model this change can reach nobody in time, so the answer says nothing about the world, and the scores nothing about you.');
}

/** The states of a question: those that it asks about first, then the others. */
function inOrder(round) {
  const first = round.first.map(id => round.states.find(state => state.id === id));
  return [first, round.states.filter(state => !round.first.includes(state.id))];
}

/** What is asked of each state, in a sentence. */
function wanted(round) {
  return round.kind === 'story' ? `Is the state in ${round.club_name} at the end of ${spoken(round.month)}?`
    : `Will it be likelier or less likely that the state is in ${round.club_name} by the end of ${spoken(round.month)}, compared with the world as it was?`;
}
