// One small script: pages work without it. It asks for fragments anew when the server says that something changed,
// never replaces what somebody is in or reads, tells how far work is, and says when it has lost the connection.
"use strict";
(() => {
  // On a narrow window the menus fold, so that a page begins with what it says.
  const narrow = matchMedia("(max-width: 40rem)");
  const fold = () => { for (const one of document.querySelectorAll("details.fold")) one.open = !narrow.matches; };
  fold();
  narrow.addEventListener("change", fold);
  // A form is sent once, however often Enter is pressed; whoever comes back to it, or waited, may send it again.
  const sent = new Map();
  addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    const before = sent.get(event.target);
    if (before && Date.now() - before < 5000) event.preventDefault(); else sent.set(event.target, Date.now());
  });
  addEventListener("pageshow", () => sent.clear());
  // Where the stream begins: it says what the page already knows, so that nothing is missed between the two.
  let address = document.body.dataset.live;
  const state = document.getElementById("live-state");
  if (!address || !window.EventSource) return;
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("fragments", { createHTML: (text) => text })
    : { createHTML: (text) => text };
  const pauses = [1, 2, 5, 15, 60];
  const news = document.getElementById("news");
  // A page that a form was answered with is asked for where it can be opened, and stays until somebody asks for another.
  const behind = document.body.dataset.page;
  let failures = 0, failed = 0, source = null, soon = 0, busy = false, again = false, asked = 0, working = false, found = [];

  const say = (words) => { if (state.textContent !== words) state.textContent = words; };
  // The token of each answer is another one, and which details are open is the reader's own affair.
  const plain = (part) => part.innerHTML.replace(/ value="[0-9a-f]{128}"| open=""/g, "");
  const count = (title) => Number((/^\((\d+)\)/.exec(title) || [0, 0])[1]);
  const isTyped = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.defaultSelected);
    return field.type !== "hidden" && field.value !== field.defaultValue;
  };
  const isIn = (part, node) => node && node !== document.body && part.contains(node);
  const inUse = (part) => isIn(part, document.activeElement)
    || (!getSelection().isCollapsed && isIn(part, getSelection().anchorNode))
    || [...part.querySelectorAll("input, select, textarea")].some(isTyped);

  // Nothing moves under the reader's finger: a part is put in place so that what one points at, or reads, stays where
  // it is on the window; where that cannot be, the part is offered instead.
  let finger = null, isDown = false, quietUntil = 0;
  const points = (event) => {
    const isTouch = event.pointerType === "touch", isOver = event.type === "pointerup" || event.type === "pointercancel";
    finger = isOver && isTouch ? null : { x: event.clientX, y: event.clientY, at: Date.now() };
    if (event.type === "pointerdown") isDown = true;
    if (isOver) { isDown = false; quietUntil = Date.now() + 1000; }
  };
  for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) addEventListener(type, points, { passive: true });
  document.documentElement.addEventListener("pointerleave", () => { finger = null; isDown = false; });
  const isBusyHand = () => isDown || Date.now() < quietUntil;
  // What comes to the foot of the window waits a little for a finger that is on its way there, and for who types there.
  const isTyping = (node) => node.matches("input, select, textarea") && node.getBoundingClientRect().bottom > innerHeight - 100;
  const isAtFoot = () => isTyping(document.activeElement)
    || (finger && finger.y > innerHeight - 100 && Date.now() - finger.at < 3000);
  const whenCalm = (work) => { if (isBusyHand() || isAtFoot()) setTimeout(() => whenCalm(work), 300); else work(); };

  // Everything one may look at, by what it is called and how manieth of that name it is.
  function marked(part) {
    const often = new Map(), found = new Map();
    for (const node of part.querySelectorAll("[id], a, button, summary, th, td, h2, h3, li, p, dt, dd")) {
      const name = [node.tagName, node.id || node.getAttribute("href") || node.textContent.trim().slice(0, 80)].join(" ");
      const place = (often.get(name) || 0) + 1;
      often.set(name, place);
      found.set(`${name} ${place}`, node);
    }
    return found;
  }

  // What is under the finger, else the first thing that can be seen: its name, and where on the window it stands.
  function lookedAt(part) {
    const over = finger && document.elementFromPoint(finger.x, finger.y), isPointed = isIn(part, over);
    let best = null;
    for (const [name, node] of marked(part)) {
      const box = node.getBoundingClientRect();
      if (!box.height || box.bottom <= 0 || box.top >= innerHeight) continue;
      const away = isPointed ? Math.max(box.top - finger.y, finger.y - box.bottom, 0) : 0;
      const size = isPointed ? away * 1e4 + box.height + (node.contains(over) ? 0 : 1e3) : box.top < 0 ? 1e4 + box.height : box.top;
      if (!best || size <= best.size) best = { name, size, top: box.top, isPointed };
    }
    return best;
  }

  // What was opened and typed is carried over, each to what is called the same.
  function carry(part, fresh) {
    const named = (field) => field.id || [field.form && field.form.getAttribute("action"), field.name, field.type === "checkbox" || field.type === "radio" ? field.value : ""].join(" ");
    const fields = new Map([...fresh.querySelectorAll("input, select, textarea")].map((one) => [named(one), one]));
    for (const field of part.querySelectorAll("input, select, textarea")) {
      const other = fields.get(named(field));
      if (!other || !isTyped(field)) continue;
      if (field.type === "checkbox" || field.type === "radio") other.checked = field.checked; else other.value = field.value;
    }
    const now = marked(fresh);
    for (const [name, node] of marked(part)) {
      if (node.tagName !== "SUMMARY") continue;
      const other = now.get(name);
      if (other && other.parentNode.open !== undefined) other.parentNode.open = node.parentNode.open;
    }
  }

  function put(part, fresh, must) {
    const here = lookedAt(part), before = [scrollX, scrollY];
    carry(part, fresh);
    part.replaceWith(document.adoptNode(fresh));
    if (!here) return true;
    const there = marked(fresh).get(here.name);
    const moved = () => there.getBoundingClientRect().top - here.top;
    if (there && moved()) scrollBy({ top: moved(), behavior: "instant" });
    if (must || !here.isPointed || (there && Math.abs(moved()) < 1)) return true;
    fresh.replaceWith(part);
    scrollTo({ left: before[0], top: before[1], behavior: "instant" });
    return false;
  }

  function offer(words) {
    const button = document.createElement("button");
    button.className = "small";
    button.textContent = "Show it";
    button.addEventListener("click", () => {
      for (const [part, fresh] of found) put(part, fresh, true);
      found = [];
      news.replaceChildren();
      document.getElementById("main").focus({ preventScroll: true });
    });
    whenCalm(() => news.replaceChildren(words + " ", button));
  }

  const lost = () => { setTimeout(refresh, 1000 * pauses[Math.min(failed++, pauses.length - 1)]); };

  async function refresh() {
    if (!source) return;
    if (busy) { again = true; return; }
    busy = true;
    while (isBusyHand()) await new Promise((done) => setTimeout(done, 300));
    try {
      const asks = { headers: { "Ligament-Fragment": "1" }, redirect: "manual", signal: AbortSignal.timeout(60000) };
      const answer = await fetch(behind || location.href, asks);
      // Led elsewhere: nobody is signed in any more, which the stream tells.
      if (answer.type === "opaqueredirect") return;
      if (!answer.ok) { if (answer.status >= 500) lost(); return; }
      const fresh = new DOMParser().parseFromString(policy.createHTML(await answer.text()), "text/html");
      failed = 0;
      const more = count(fresh.title) - count(document.title);
      const waiting = [];
      if (isBusyHand()) { again = true; return; }
      for (const part of document.querySelectorAll("[data-fragment][id]")) {
        const other = fresh.getElementById(part.id);
        if (!other || plain(other) === plain(part)) continue;
        if (behind || part.dataset.fragment === "ask" || inUse(part) || !put(part, other)) waiting.push([part, other]);
      }
      address = fresh.body.dataset.live || address;
      found = waiting;
      if (waiting.length) {
        const now = Date.now();
        if (news.textContent && now - asked < 10000) return;
        asked = now;
        offer(more > 0 ? `${more} new here.` : "Something changed on this page.");
      } else {
        news.replaceChildren();
        document.title = fresh.title;
      }
    } catch { lost(); } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 1000); }
    }
  }

  function progress(event) {
    const told = JSON.parse(event.data), bar = document.getElementById("work-bar");
    const work = document.getElementById("work");
    working = Boolean(told.words);
    if (work.hidden === working) whenCalm(() => { work.hidden = !working; });
    document.getElementById("work-words").textContent = told.words || "";
    if (told.total) { bar.max = told.total; bar.value = told.done; } else bar.removeAttribute("value");
  }

  function hangUp() {
    clearTimeout(soon);
    if (source) source.close();
  }

  function end() {
    hangUp();
    source = null;
    say("You were signed out. Open the page anew to sign in.");
  }

  function warn() {
    if (document.getElementById("stay")) return;
    say("You will be signed out in two minutes. ");
    const button = document.createElement("button");
    button.id = "stay";
    button.className = "small";
    button.textContent = "Stay signed in";
    button.addEventListener("click", async () => {
      let answer = null;
      try { answer = await fetch("/account", { redirect: "manual" }); } catch { /* Not reached: said below. */ }
      if (answer && answer.type === "opaqueredirect") return end();
      if (answer && answer.ok) say("You stay signed in."); else state.firstChild.textContent = "That did not work. Try again: ";
    });
    state.append(button);
  }

  function listen() {
    hangUp();
    const mine = source = new EventSource(address);
    mine.addEventListener("changed", refresh);
    mine.addEventListener("progress", progress);
    mine.addEventListener("signed-out", end);
    mine.addEventListener("ending", warn);
    mine.onopen = () => {
      if (failures) { say(""); refresh(); }
      failures = 0;
    };
    mine.onerror = () => {
      mine.close();
      if (mine !== source) return;
      say(`As of ${new Date().toLocaleTimeString("en-AU", { hour: "2-digit", minute: "2-digit" })}: the connection is lost, trying again.`);
      soon = setTimeout(() => { if (!document.hidden && source) listen(); }, 1000 * pauses[Math.min(failures++, pauses.length - 1)]);
    };
  }

  document.addEventListener("visibilitychange", () => {
    if (!source) return;
    hangUp();
    if (!document.hidden) { listen(); refresh(); }
  });
  listen();
})();
