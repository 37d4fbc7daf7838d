// Texts that lie on one another or on a control, and texts that are cut: what a reader cannot read, found by bounding boxes.
() => {
  const SLACK = 3, found = [], root = document.querySelector('.tk-root');
  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('.tk-skip, .tk-sheet, .tk-frame, legend, title, option, datalist, thead.tk-away');
  const short = text => text.trim().replace(/\s+/g, ' ').slice(0, 40);
  const width = document.documentElement.clientWidth;
  // What of a box can be seen, and whether it is cut where nobody can scroll to it.
  const visible = (e, box) => {
    let [left, top, right, bottom] = box, cut = left < -SLACK || right > width + SLACK;
    for (let at = e; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at), edge = at.getBoundingClientRect(), svg = at.tagName === 'svg';
      const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY);
      if (!svg && !scrolls && !/hidden|clip/.test(style.overflowX + style.overflowY)) continue;
      if (edge.width < 2 || edge.height < 2) return { box: null, cut: false };
      if (!scrolls && (left < edge.left - SLACK || right > edge.right + SLACK || top < edge.top - SLACK || bottom > edge.bottom + SLACK)) cut = true;
      left = Math.max(left, edge.left); top = Math.max(top, edge.top); right = Math.min(right, edge.right); bottom = Math.min(bottom, edge.bottom);
    }
    return { box: right - left > 1 && bottom - top > 1 ? [left, top, right, bottom] : null, cut };
  };
  const texts = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !seen(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const b of range.getClientRects()) {
      const at = visible(e, [b.left, b.top, b.right, b.bottom]);
      if (at.cut) found.push(`cut: ${short(node.textContent)}`);
      if (at.box) texts.push({ e, node, text: short(node.textContent), box: at.box });
    }
  }
  const meet = (a, b) => Math.min(a[2], b[2]) - Math.max(a[0], b[0]) > SLACK && Math.min(a[3], b[3]) - Math.max(a[1], b[1]) > SLACK;
  texts.sort((one, other) => one.box[1] - other.box[1]);
  texts.forEach((one, i) => {
    for (let j = i + 1; j < texts.length && texts[j].box[1] < one.box[3] - SLACK; j++) {
      if (texts[j].node !== one.node && meet(one.box, texts[j].box)) found.push(`over one another: ${one.text} / ${texts[j].text}`);
    }
  });
  const controls = [...root.querySelectorAll('button, input, select, summary, textarea, .tk-segments')].filter(e => seen(e) && getComputedStyle(e).opacity > 0);
  controls.forEach(e => {
    const b = e.getBoundingClientRect(), at = visible(e, [b.left, b.top, b.right, b.bottom]);
    if (at.cut && !e.closest('.tk-segments label')) found.push(`cut: ${e.outerHTML.slice(0, 80)}`);
    if (at.box) texts.filter(t => !e.contains(t.e) && !t.e.closest('label')?.contains(e) && meet(t.box, at.box)).forEach(t => found.push(`on a control: ${t.text} / ${e.outerHTML.slice(0, 60)}`));
  });
  return [...new Set(found)];
}
