// What the page does where the server is away, has been started anew, or is full; and what concerns reading it at all.
(() => {
  const EVERY = 1000, ASLEEP = 90000, BEGINS = 8000, AGAIN = 4000, PATIENCE = 2500, BEAT = 10000, LONG = 8000, NOTICE = 8000;
  document.documentElement.lang = 'en';
  // Solara's own page forbids to enlarge it.
  document.querySelector('meta[name=viewport]').content = 'width=device-width, initial-scale=1';

  const opened = Date.now(), banner = document.createElement('div');
  banner.id = 'tk-connection';
  banner.setAttribute('aria-live', 'polite');
  document.body.appendChild(banner);
  let looked = opened, beaten = 0, tried = 0, born = null, met = false, down = false, leaving = false;
  window.addEventListener('pagehide', () => { leaving = true; });

  const say = words => { if (banner.textContent !== words) banner.textContent = words; };
  const away = 'The server does not answer. This page goes on by itself as soon as it is back; what you wrote stays in this browser.';
  const room = async patience => (await fetch(`${solara.rootPath}/_tashkent/room?origin=${encodeURIComponent(window.location.origin)}`, { cache: 'no-store', signal: AbortSignal.timeout(patience) })).json();
  // Solara loads the page again, too, where its work on it is gone.
  const lost = words => { down = true; if (met || document.getElementById('tk-main')) window.sessionStorage.setItem('tashkent-lost', '1'); say(words); };
  const back = () => { down = false; tried = 0; window.sessionStorage.removeItem('tashkent-lost'); say(''); };
  const welcome = () => {
    if (window.sessionStorage.getItem('tashkent-lost')) {
      window.sessionStorage.removeItem('tashkent-lost');
      say('The server had gone away. The page was loaded again; what you wrote is still here.');
      setTimeout(() => say(''), NOTICE);
    } else {
      say('');
    }
  };

  room(LONG).then(found => { born = born || found.born; }).catch(() => {}); // who has served this page

  // Solara's bar of long work has no name.
  const name = () => document.querySelectorAll('[role=progressbar]:not([aria-label])').forEach(bar => bar.setAttribute('aria-label', 'At work'));

  async function look() {
    name();
    const kernel = window.solara && solara.debug && solara.debug.kernel(), now = Date.now();
    const connected = Boolean(kernel) && kernel.connectionStatus === 'connected', slept = now - looked > ASLEEP;
    looked = now;
    if (leaving || (!met && !connected && now - opened < BEGINS)) return;
    if (connected && !slept && !met) { met = true; welcome(); }
    // A socket may be open long after the other end has gone: it is asked now and then.
    let silent = slept || tried > 0;
    if (connected && !silent && now - beaten > BEAT) {
      beaten = now;
      const found = await room(LONG).catch(() => null);
      if (found) born = born || found.born;
      silent = !found || found.born !== born;
    }
    if (connected && !silent) { if (down) back(); return; }
    if (!connected && !tried) lost('The connection is lost. Trying again …');
    let found;
    try {
      found = await room(PATIENCE);
    } catch {
      tried = tried || 1;
      lost(away);
      return;
    }
    if ((born !== null && found.born !== born) || !kernel) window.location.reload();
    else if (found.refusal) { tried = tried || 1; lost(`${found.refusal} This page goes on by itself.`); }
    else if (now - tried > AGAIN) { tried = now; kernel.reconnect().then(back).catch(() => {}); }
  }
  (async function watch() {
    await look().catch(() => {});
    if (!leaving) setTimeout(watch, EVERY);
  })();
})();
