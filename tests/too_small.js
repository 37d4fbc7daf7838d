// Elements that can be tapped and are smaller than a finger, and texts that are too small to read.
() => {
  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getBoundingClientRect().width > 1;
  const wanted = 'button, select, summary, a[href], input:not([type=file]), textarea, [role=button], label:has(input[type=radio])';
  const targets = [...document.querySelectorAll('.tk-root :is(' + wanted + ')')].filter(seen)
    .filter(e => !e.closest('.tk-map-svg, .tk-network, .tk-skip'))  // on a map a state is as large as it is: its lane is the target
    .filter(e => e.getBoundingClientRect().height < 43.5).map(e => `target ${Math.round(e.getBoundingClientRect().height)}: ${e.outerHTML.slice(0, 120)}`);
  const walk = document.createTreeWalker(document.querySelector('.tk-root'), NodeFilter.SHOW_TEXT), texts = [];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !seen(e) || e.closest('.tk-sheet')) continue;
    const svg = e.ownerSVGElement, scale = svg && svg.viewBox.baseVal && svg.viewBox.baseVal.width
      ? Math.min(svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, svg.getBoundingClientRect().height / svg.viewBox.baseVal.height) : 1;
    const size = parseFloat(getComputedStyle(e).fontSize) * scale;
    if (size < 15.5) texts.push(`text ${size.toFixed(1)}: ${node.textContent.trim().slice(0, 60)}`);
  }
  return [...new Set([...targets, ...texts])];
}
