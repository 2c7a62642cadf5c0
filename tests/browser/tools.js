// What the test does inside of the page. Everything waits by a MutationObserver (and the next
// frame, for what only styles change); nothing polls by time.
globalThis.firebellTest = (() => {
  const seen = (el) => el.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false }) && el.getClientRects().length > 0;
  const find = (selector, words) => [...document.querySelectorAll(selector)].find((el) => seen(el) && (!words || el.innerText.includes(words)));
  const frame = () => new Promise((done) => requestAnimationFrame(done));

  function until(patience, what, look) {
    return new Promise((done, fail) => {
      let over = false;
      const end = (finish, value) => { over = true; observer.disconnect(); clearTimeout(guard); removeEventListener("transitionend", check, true); finish(value); };
      const check = () => { if (over) return; const found = look(); if (found !== undefined && found !== null && found !== false) end(done, found); };
      const observer = new MutationObserver(() => { check(); if (!over) requestAnimationFrame(check); });
      const guard = setTimeout(() => { check(); if (!over) end(fail, new Error(`${what} was waited for in vain. The page says:\n${document.body?.innerText.slice(0, 4000)}`)); }, patience);
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      addEventListener("transitionend", check, true);
      check();
    });
  }

  const named = (selector, words) => `${selector}${words ? ` with “${words}”` : ""}`;

  return {
    see: async (patience, selector, words) => until(patience, named(selector, words), () => find(selector, words)?.innerText),
    gone: async (patience, selector) => until(patience, `the end of ${selector}`, () => !find(selector)),
    /** The middle of an element that stands still and is not covered. */
    async point(patience, selector, words) {
      const end = performance.now() + patience;
      for (;;) {
        const el = await until(patience, named(selector, words), () => find(selector, words));
        el.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
        const before = el.getBoundingClientRect();
        await frame();
        await frame();
        const now = el.getBoundingClientRect();
        const x = now.left + now.width / 2;
        const y = now.top + now.height / 2;
        const top = document.elementFromPoint(x, y);
        const still = before.left === now.left && before.top === now.top && before.width === now.width;
        if (el.isConnected && still && top && (el.contains(top) || top.contains(el) && top.closest("label, button, a"))) return { x, y };
        if (performance.now() > end) throw new Error(`${named(selector, words)} cannot be clicked: ${still ? `covered by ${top?.outerHTML.slice(0, 200)}` : "it moves"}`);
      }
    },
  };
})();
