'use strict';
// What the board shows of a question, and the teacher with it.

const GROUPS = { up: 'Likelier in', none: 'No change', down: 'Less likely in', in: 'In', out: 'Out', objects: 'Who objects', agrees: 'Who does not object' };

function many(number, one, more = `${one}s`) { return `${number} ${number === 1 ? one : more}`; }

function counted(told) {
  const late = told.round.late ? `, and ${told.round.late} too late to count` : '';
  return el('p', { class: 'counted', role: 'status' }, `${told.round.sent} of ${told.students} in${late}`);
}

/** The class's prediction of each state, with the answer over it once that is shown. */
function expectations(round) {
  const who = round.kind === 'story' ? 'the record' : 'the model';
  const most = Math.max(1, ...round.expected.map(row => row.said));
  const answer = round.answer || {};
  return el('table', { class: 'expected' },
    el('caption', {}, wanted(round)),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'State'), round.directions.map(d => el('th', { scope: 'col' }, `${ARROWS[d]} ${WORDS[d]}`)), round.answer && el('th', { scope: 'col' }, `T${who.slice(1)}`))),
    el('tbody', {}, round.expected.map(row => {
      const found = answer[row.id];
      return el('tr', { 'data-state': row.id }, el('th', { scope: 'row' }, row.name, el('small', {}, row.seat)),
        round.directions.map(d => {
          const bar = row.bars[d];
          return el('td', { class: found && found.found === d ? 'found' : '' },
            el('span', { class: `bar ${d}`, width: `${100 * bar.many / most}%`, 'aria-hidden': 'true' }),
            el('span', { class: 'many' }, bar.many ? `${bar.many}, ${bar.sure}% sure` : '0'),
            found && found.found === d && el('b', { class: 'ring' }, who));
        }),
        found && el('td', { class: 'model' }, round.kind === 'story'
          ? [el('b', {}, `${ARROWS[found.found]} ${WORDS[found.found]}`), el('small', {}, `in ${per(found.share)} of ${round.runs.toLocaleString('en')} runs of the model it is in`)]
          : [el('b', {}, `${ARROWS[found.found]} ${per(found.baseline)} → ${per(found.changed)}`), el('small', {}, `± ${(100 * found.luck).toFixed(1)} points of luck`)]));
    })));
}

function histogram(found) {
  const most = Math.max(1, ...found.bars);
  const words = found.many ? `${many(found.many, 'student')}, mean ${found.mean.toFixed(2)}; ${found.better} did better than 50% scores (0.25)` : 'Nobody predicted anything.';
  return el('section', {}, el('h2', {}, 'Scores: 0 is perfect, 0.25 is what 50% scores whatever is found'),
    el('ol', { class: 'histogram', start: 0 }, found.bars.map((number, i) => el('li', { class: i < 2 ? 'better' : i === 2 ? 'middle' : 'worse' },
      el('span', { class: 'many' }, String(number || '')), el('span', { class: 'column', height: `${8 * number / most}em`, 'aria-hidden': 'true' }), el('small', {}, `${(i / 10).toFixed(1)}–${((i + 1) / 10).toFixed(1)}`)))),
    el('p', { class: 'sum', 'data-many': String(found.many) }, words));
}

function calibration(rows, title) {
  if (!rows.length) return null;
  return el('section', {}, el('h2', {}, title), el('table', { class: 'calibration' },
    el('thead', {}, el('tr', {}, ['How sure', 'How often right', 'Predictions'].map(head => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, rows.map(row => el('tr', {}, el('th', { scope: 'row' }, `${row.sure}%`),
      el('td', {}, el('span', { class: 'bar up', width: `${row.right}%`, 'aria-hidden': 'true' }), el('span', { class: 'many' }, `${row.right}%`)), el('td', {}, String(row.many)))))),
    el('p', {}, inWords(rows)));
}

/** The confidence that most had, in a sentence. */
function inWords(rows) {
  const row = [...rows].sort((a, b) => b.many - a.many || b.sure - a.sure)[0];
  const than = row.right < row.sure - 5 ? 'surer than right' : row.right > row.sure + 5 ? 'righter than sure' : 'about as right as sure';
  return `Those who were ${row.sure}% sure were right in ${row.right}%: ${than}.`;
}

function reasons(groups, hide) {
  if (!groups.length) return null;
  return el('section', { class: 'reasons' }, el('h2', {}, 'Reasons'), groups.map(group => el('div', {}, el('h3', {}, `${ARROWS[group.group] || ''} ${GROUPS[group.group]}`),
    el('ul', {}, group.reasons.map(row => el('li', { class: row.hidden ? 'hidden' : '' }, row.why, hide && el('button', { type: 'button', onclick: () => hide(row.student, !row.hidden) }, row.hidden ? 'Show' : 'Hide')))))));
}

function council(told) {
  const { round } = told;
  const name = id => round.members.find(member => member.id === id).name;
  const verdict = granted => (granted ? 'granted' : 'refused');
  const parts = [el('table', { class: 'council' },
    el('thead', {}, el('tr', {}, ['Member', 'object', 'do not', 'it says'].map(head => el('th', { scope: 'col' }, head)), round.record !== undefined && el('th', { scope: 'col' }, 'objects in the model'))),
    el('tbody', {}, round.members.map(member => {
      const votes = round.votes[member.id];
      const no = round.outcome.objecting.includes(member.id);
      return el('tr', { class: no ? 'no' : '' }, el('th', { scope: 'row' }, member.name), el('td', {}, String(votes.objects)), el('td', {}, String(votes.agrees)), el('td', {}, no ? 'It objects' : 'No objection'), member.objects !== undefined && el('td', {}, per(member.objects)));
    }))),
  el('p', { class: 'verdict' }, `The class: ${verdict(round.outcome.granted)}`, round.outcome.objecting.length > 0 && `, with objections of ${round.outcome.objecting.map(name).join(', ')}`, '.')];
  if (round.record !== undefined) {
    parts.push(el('p', { class: 'verdict' }, `The model's council grants it in ${per(round.granted)} of cases.`), el('p', { class: 'quiet' }, JUDGED), el('p', { class: 'verdict' }, `The record: ${round.record}`));
  }
  return parts;
}

/** All that is shown of what is asked now. */
function shownOf(told, hide) {
  const { round } = told;
  if (!round) return [];
  // scores and reasons fill the board by themselves
  if (round.histogram) {
    return [el('h1', {}, round.title), el('div', { class: 'scores' }, histogram(round.histogram), calibration(round.calibration, 'Was the class as right as it was sure?'),
      told.turn > 0 && calibration(round.so_far, 'The same in all questions so far')), round.lesson && el('p', { class: 'effect' }, round.lesson), !hide && reasons(round.reasons)];
  }
  const parts = [asked(round, 'h1'), counted(told)];
  if (round.votes) parts.push(council(told));
  if (round.expected) parts.push(expectations(round), nought(round));
  if (round.off) parts.push(el('p', { class: 'quiet' }, `A share of one world is within ${round.off} points of what all draws of the model would give; the change is firmer. Other pages have other draws and other shares.`));
  if (round.course) parts.push(round.course.map(words => el('p', { class: 'quiet' }, words)));
  if (!hide && round.reasons) parts.push(reasons(round.reasons));
  return parts.flat().filter(Boolean);
}
