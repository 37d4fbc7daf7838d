'use strict';
// The teacher's page. After the # of the address stands the key that opens rooms, or, with "room." before it, that of a room.

const MINE = 'room.';
let secret = window.location.hash.slice(1);
/** What does not change while the page is open: questions, petitions, what is typed. */
let lists = { questions: [], petitions: null };

async function act(path, body) {
  try {
    const found = await call(path, { token: secret.replace(MINE, ''), body });
    say('');
    return found;
  } catch (error) {
    say(error instanceof Refused ? error.message : 'The server does not answer. Try again.');
    return null;
  }
}

async function openRoom() {
  const found = await act('rooms', {});
  if (found) enter(found.token);
}

function enter(token) {
  secret = MINE + token;
  kept.set('teacher', token);
  window.history.replaceState(null, '', `#${secret}`);
  begin();
}

function begin() {
  if (secret.startsWith(MINE)) {
    follow('teacher', { token: secret.slice(MINE.length) }, shown, words => { kept.set('teacher', null); show(el('h1', {}, words)); });
    return;
  }
  const before = kept.get('teacher');
  show(el('h1', {}, 'A class in one room'), el('p', {}, 'Students join on their phones, predict, and see on the board what the class expects and what the model finds.'),
    el('p', {}, el('button', { type: 'button', class: 'main', onclick: openRoom }, 'Open a room')),
    before && el('p', {}, el('button', { type: 'button', onclick: () => enter(before) }, 'Back to the room that I opened before')));
}

// what can be asked ----------------------------------------------------------------------------------

const choices = {
  question: el('select', { 'aria-label': 'A question of the case' }),
  files: el('input', { type: 'file', id: 'files', multiple: true, accept: '.csv,.toml' }),
  link: el('input', { type: 'text', 'aria-label': 'A link to a question', placeholder: 'or a link to a question, from What if or Story', maxLength: 8000 }),
  petition: el('select', { 'aria-label': 'A petition', hidden: true }),
};
const explained = el('p', { class: 'quiet' });

function explain() {
  const chosen = lists.questions.find(each => each.code === choices.question.value);
  explained.textContent = chosen ? chosen.text : '';
}

async function ask(kind, what) {
  refused.textContent = '';
  if (await act('ask', { kind, what })) choices.link.value = '';
}

async function convene(event) {
  const button = event.target;
  if (lists.petitions === null) {
    button.disabled = true;
    button.textContent = 'The model reads the petitions …';
    lists.petitions = await act('petitions');
    button.disabled = false;
    choices.petition.replaceChildren(...(lists.petitions || []).map(each => el('option', { value: each.code }, each.title)));
    choices.petition.hidden = !(lists.petitions || []).length;
    button.textContent = choices.petition.hidden ? 'This case has no petition for a council' : 'Call the council';
    return;
  }
  if (choices.petition.value) ask('council', choices.petition.value);
}

choices.question.addEventListener('change', explain);
const asking = el('section', { class: 'asking' }, el('h2', {}, 'Ask the class'),
  el('p', {}, choices.question, ' ', el('button', { type: 'button', class: 'main', onclick: () => ask('question', choices.link.value.trim() || lists.questions.find(each => each.code === choices.question.value).query) }, 'Ask')),
  explained, el('p', {}, choices.link),
  el('p', {}, choices.petition, ' ', el('button', { type: 'button', onclick: convene }, 'Play the council')));

// the room -------------------------------------------------------------------------------------------

const NEXT = { open: ['class', 'Show what the class expects'], class: ['answer', 'Reveal what the model finds'], answer: ['scores', 'Scores and reasons'] };
const OF_STORY = { ...NEXT, class: ['answer', 'Reveal what happened'] };
const OF_COUNCIL = { open: 'Show how the class decides', class: "Reveal the model's council and the record", answer: 'Reasons' };

function steps(told) {
  const { round } = told;
  if (!round) return null;
  if (!NEXT[round.phase]) return el('p', {}, el('button', { type: 'button', onclick: () => act('phase', { turn: told.turn, phase: 'answer' }) }, 'Back to the answer'), el('span', { class: 'quiet' }, ' Or ask the next question, below.'));
  const [phase, label] = (round.kind === 'story' ? OF_STORY : NEXT)[round.phase];
  const waits = phase === 'answer' && !told.ready;
  const words = round.kind === 'council' ? OF_COUNCIL[round.phase] : label;
  return el('p', {}, el('button', { type: 'button', class: 'main', disabled: waits, onclick: () => act('phase', { turn: told.turn, phase }) }, words),
    !told.ready && el('span', { class: 'quiet' }, told.error || ' The model is still running.'));
}

/** Predictions that were saved elsewhere, each as that of one student. */
async function carry(turn) {
  const words = [];
  for (const file of choices.files.files) {
    try {
      await call('carry', { token: secret.replace(MINE, ''), body: { turn, file: file.name, text: await file.text() } });
    } catch (error) { words.push(error instanceof Refused ? error.message : `${file.name}: the server does not answer.`); }
  }
  choices.files.value = '';
  refused.textContent = words.join(' ');
}

function carriedIn(told) {
  if (!told.round || told.round.kind !== 'question') return null;
  choices.files.onchange = () => carry(told.turn);
  return carrying;
}
const refused = el('span', { role: 'status' });
const carrying = el('p', {}, el('label', { htmlFor: 'files' }, 'Predictions from files (Save, Prediction, CSV): each counts as one student. Before you reveal.'), choices.files, refused);

async function saveTable(code) {
  const text = await act('table.csv');
  if (text === null) return;
  const link = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/csv' })), download: `class-${code}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}

async function closeRoom() {
  if (window.confirm('Close the room? Nothing of it is kept: save the table first.') && await act('close', {})) {
    kept.set('teacher', null);
    show(el('h1', {}, 'The room is closed.'));
  }
}

function people(told) {
  return el('details', { open: peopleOpen, ontoggle: event => { peopleOpen = event.target.open; } }, el('summary', {}, many(told.students, 'student')),
    el('ol', {}, told.who.map(one => el('li', {}, one.name || 'no name', one.sent ? ' ✓' : ''))));
}
let peopleOpen = false;

const room = el('div');
function shown(told, first) {
  if (told.questions) {
    const chosen = choices.question.value;
    lists.questions = told.questions;
    choices.question.replaceChildren(...told.questions.map(each => el('option', { value: each.code }, `${each.code}: ${each.title}`)));
    if (chosen) choices.question.value = chosen;
    explain();
  }
  if (first || !room.isConnected) show(room, asking);
  room.replaceChildren(...[
    el('header', { class: 'small' }, el('div', {}, el('p', { class: 'address' }, told.address), el('p', { class: 'code' }, 'Code ', el('b', {}, told.code)))),
    el('p', { class: 'tools' },
      el('a', { href: `board#${told.code}`, target: '_blank', rel: 'noopener', class: 'button' }, 'The board, for the projector'),
      el('button', { type: 'button', onclick: () => act('door', { open: !told.door }) }, told.door ? 'Close the door' : 'Open the door'),
      el('button', { type: 'button', onclick: () => saveTable(told.code) }, 'Save the table'),
      el('button', { type: 'button', onclick: closeRoom }, 'Close the room')),
    people(told), steps(told), carriedIn(told), ...shownOf(told, true),
    told.all_reasons && reasons(told.all_reasons, (student, hidden) => act('hide', { turn: told.turn, student, hidden })),
  ].filter(Boolean));
}

window.addEventListener('hashchange', () => window.location.reload());
begin();
