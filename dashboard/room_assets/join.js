'use strict';
// A student's page: the code once, then whatever is asked. What is typed stays in this browser until the server has it.

let told = null;
let me = kept.get('student');
const invited = window.location.hash.slice(1).toUpperCase();

function joinForm(words = '') {
  told = null;
  const code = el('input', { id: 'code', required: true, maxLength: 20, autocomplete: 'off', autocapitalize: 'characters', value: invited });
  const name = el('input', { id: 'name', maxLength: 40, autocomplete: 'nickname' });
  const button = el('button', { class: 'main', type: 'submit' }, 'Join');
  async function join(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      me = await call('join', { body: { code: code.value, name: name.value } });
      kept.set('student', me);
      begin();
    } catch (error) {
      button.disabled = false;
      say(error instanceof Refused ? error.message : 'The server does not answer. Try again.');
    }
  }
  show(el('form', { onsubmit: join }, el('h1', {}, 'Join the class'), words && el('p', {}, words),
    el('p', { hidden: invited !== '' && !words }, el('label', { htmlFor: 'code' }, 'Code on the board'), code),
    el('p', {}, el('label', { htmlFor: 'name' }, 'Your name, or nothing'), name), el('p', {}, button),
    el('p', { class: 'quiet' }, 'Your teacher sees the name. The board shows nobody’s. Nothing is kept after the lesson unless your teacher saves it.')));
}

function begin() {
  say('');
  follow('mine', { token: me.token }, found => { told = found; flush(); draw(); }, words => {
    kept.set('student', null);
    kept.set('outbox', null);
    kept.forget('draft.');
    joinForm(words);
  });
}

// drafts and what is on its way ----------------------------------------------------------------------

const key = turn => `draft.${me.code}.${me.token.slice(0, 8)}.${turn}`;
function draftOf(turn) {
  const sent = told.round.sent;
  const empty = sent ? { expected: sent.expected, objects: sent.objects, why: sent.why } : { expected: {}, objects: null, why: '' };
  return kept.get(key(turn)) || { ...empty, waits: false };
}
function keepDraft(turn, draft) { kept.set(key(turn), draft); }
const outbox = () => kept.get('outbox') || [];

let flushing = false;
/** Send what waits, the oldest first; what the server refuses for good is no longer sent. */
async function flush() {
  if (flushing || !me) return;
  flushing = true;
  for (let waiting = outbox(); waiting.length; waiting = outbox()) {
    const [first] = waiting;
    try {
      if (first.token === me.token) {
        const answer = await call('send', { token: me.token, body: { turn: first.turn, sent: first.sent }, seconds: 8 });
        told = { ...answer.mine, version: told ? told.version : '' };
      }
      kept.set('outbox', outbox().filter(each => each.at !== first.at));
      say('');
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 429) {
        kept.set('outbox', outbox().filter(each => each.at !== first.at));
        say(error.message);
        continue;
      }
      say('Not sent yet: there is no connection. It goes by itself as soon as there is one.');
      await pause(1.5);
    }
  }
  flushing = false;
  draw();
}
window.addEventListener('online', () => flush());

function commit(turn, draft) {
  const sent = { expected: draft.expected, objects: draft.objects, why: draft.why };
  kept.set('outbox', [...outbox().filter(each => each.turn !== turn || each.token !== me.token), { token: me.token, turn, sent, at: Date.now() }]);
  keepDraft(turn, { ...draft, changing: false });
  flush();
  draw();
}

// what is seen ---------------------------------------------------------------------------------------

let drawn = '';
function draw() {
  if (!told) return;
  const { round, turn } = told;
  const waits = me && outbox().some(each => each.turn === turn && each.token === me.token);
  if (!round) { drawn = ''; return show(el('h1', {}, told.name ? `You are in, ${told.name}.` : 'You are in.'), el('p', {}, 'The question comes here as soon as it is asked.')); }
  const answered = round.phase === 'answer' || round.phase === 'scores';
  const draft = draftOf(turn);
  const form = !answered && (draft.changing || !(round.sent || waits));
  // what is being filled in is not drawn anew
  const now = `${turn} ${form} ${answered} ${waits} ${JSON.stringify(round.sent)}`;
  if (now === drawn) return undefined;
  drawn = now;
  if (form) return show(asked(round), round.kind === 'council' ? councilForm(turn, round, draft) : questionForm(turn, round, draft));
  if (answered) return show(asked(round), round.kind === 'council' ? councilAnswer(round) : answer(round));
  return show(asked(round), el('p', { class: 'sent', role: 'status' }, waits ? 'Kept here, and on its way …' : 'Sent ✓'), summary(round, draft),
    el('p', {}, el('button', { type: 'button', onclick: () => { keepDraft(turn, { ...draftOf(turn), changing: true }); draw(); } }, 'Change it')),
    el('p', { class: 'quiet' }, 'Watch the board. You can change it until the answer is shown.'));
}

function summary(round, draft) {
  if (round.kind === 'council') return el('p', {}, draft.objects ? 'Objection' : 'No objection');
  return el('ul', {}, Object.entries(draft.expected).map(([id, e]) => el('li', {}, `${round.states.find(s => s.id === id).name}: ${ARROWS[e.direction]} ${WORDS[e.direction]}, ${e.sure}% sure`)));
}

function why(turn, draft) {
  const field = el('textarea', { id: 'why', rows: 2, maxLength: 600, value: draft.why, oninput: () => { draft.why = field.value; keepDraft(turn, draft); } });
  return el('p', {}, el('label', { htmlFor: 'why' }, 'Why? Shown without your name'), field);
}

function questionForm(turn, round, draft) {
  const send = el('button', { type: 'button', class: 'main', onclick: () => commit(turn, draft) });
  function count() {
    const number = Object.keys(draft.expected).length;
    send.disabled = !number;
    send.textContent = number ? `Send ${number} of ${round.states.length}` : 'Choose one state at least';
  }
  const row = state => {
    const buttons = round.directions.map(d => el('button', { type: 'button', class: 'choice', 'aria-label': `${state.name}: ${WORDS[d]}`, onclick: () => choose(d) }, ARROWS[d], el('small', { 'aria-hidden': 'true' }, WORDS[d])));
    const sure = [50, 60, 70, 80, 90, 100].map(p => el('button', { type: 'button', class: 'choice', 'aria-label': `${p}% sure of ${state.name}`, onclick: () => { draft.expected[state.id].sure = p; update(); } }, `${p}%`));
    const how = el('div', { class: 'sure', role: 'group', 'aria-label': `How sure of ${state.name}` }, el('span', {}, 'How sure?'), sure);
    function choose(direction) {
      const before = draft.expected[state.id];
      if (before && before.direction === direction) delete draft.expected[state.id];
      else draft.expected[state.id] = { direction, sure: before ? before.sure : 70 };
      update();
    }
    function update() {
      const mine = draft.expected[state.id];
      round.directions.forEach((d, i) => buttons[i].setAttribute('aria-pressed', String(Boolean(mine) && mine.direction === d)));
      [50, 60, 70, 80, 90, 100].forEach((p, i) => sure[i].setAttribute('aria-pressed', String(Boolean(mine) && mine.sure === p)));
      how.hidden = !mine;
      keepDraft(turn, draft);
      count();
    }
    const made = el('div', { class: 'state' }, el('p', {}, el('b', {}, state.name), ' ', el('small', {}, state.seat)), el('div', { class: 'directions', role: 'group', 'aria-label': state.name }, buttons), how);
    update();
    return made;
  };
  const [first, others] = inOrder(round);
  const more = el('div', { hidden: !others.some(s => draft.expected[s.id]) }, others.map(row));
  const open = el('button', { type: 'button', hidden: !others.length || !more.hidden, onclick: () => { more.hidden = false; open.hidden = true; } }, `${others.length} more states`);
  count();
  return [el('p', {}, wanted(round)),
    first.map(row), more, el('p', {}, open), why(turn, draft), el('p', { class: 'bottom' }, send)];
}

function answer(round) {
  if (!round.sent) return [el('p', {}, 'The answer is on the board. You had sent nothing.')];
  const rows = Object.entries(round.sent.expected).map(([id, e]) => {
    const found = round.answer[id];
    const right = found.found === e.direction;
    const told = round.kind === 'story' ? `it was ${WORDS[found.found]}; in ${per(found.share)} of the model's runs it is in` : `the model finds ${ARROWS[found.found]} (${per(found.baseline)} → ${per(found.changed)})`;
    return el('li', {}, el('b', {}, `${right ? '✓' : '✗'} ${round.states.find(s => s.id === id).name}: `), `you said ${ARROWS[e.direction]} ${WORDS[e.direction]} with ${e.sure}%; ${told}`);
  });
  return [el('ul', { class: 'own' }, rows), nought(round), el('p', { class: 'score' }, `Your score: ${round.score.toFixed(2)}`), el('p', { class: 'quiet' }, '0 is perfect, 0.25 is what 50% scores whatever is found.'),
    round.sent.late && el('p', {}, 'It came after the answer was shown, and does not count on the board.')];
}

function councilForm(turn, round, draft) {
  const member = round.members.find(each => each.id === round.member).name;
  const send = el('button', { type: 'button', class: 'main', disabled: draft.objects === null, onclick: () => commit(turn, draft) }, 'Send');
  const buttons = [[true, 'I object'], [false, 'I do not object']].map(([objects, words]) => el('button', { type: 'button', class: 'choice', onclick: () => { draft.objects = objects; update(); } }, words));
  function update() {
    buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(draft.objects === (i === 0))));
    send.disabled = draft.objects === null;
    keepDraft(turn, draft);
  }
  update();
  return [el('p', {}, 'You speak for ', el('b', {}, member), '.'), el('div', { class: 'directions', role: 'group', 'aria-label': `What ${member} says` }, buttons), why(turn, draft), el('p', { class: 'bottom' }, send)];
}

function councilAnswer(round) {
  const member = round.members.find(each => each.id === round.member);
  return [el('p', {}, `In the model ${member.name} objects in ${per(member.objects)} of cases, and the petition is granted in ${per(round.granted)}.`), el('p', { class: 'quiet' }, JUDGED), el('p', {}, `The record: ${round.record}`)];
}

if (me && (!invited || invited === me.code)) begin();
else joinForm();
