// One small script: pages work without it. It asks for fragments anew when the server says that something changed,
// never replaces what somebody is in or reads, tells how far work is, and says when it has lost the connection.
"use strict";
(() => {
  // On a narrow window the menus fold, so that a page begins with what it says.
  const narrow = matchMedia("(max-width: 40rem)");
  const fold = () => { for (const one of document.querySelectorAll("details.fold")) one.open = !narrow.matches; };
  fold();
  narrow.addEventListener("change", fold);
  const address = document.body.dataset.live;
  const state = document.getElementById("live-state");
  if (!address || !window.EventSource) return;
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("fragments", { createHTML: (text) => text })
    : { createHTML: (text) => text };
  const pauses = [1, 2, 5, 15, 60];
  const news = document.getElementById("news");
  let failures = 0, source = null, busy = false, again = false, asked = 0;

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

  function offer(words, parts) {
    const button = document.createElement("button");
    button.className = "small";
    button.textContent = "Show it";
    button.addEventListener("click", () => {
      for (const [part, fresh] of parts) part.replaceWith(document.adoptNode(fresh));
      news.replaceChildren();
      document.getElementById("main").focus({ preventScroll: true });
    });
    news.replaceChildren(words + " ", button);
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "Ligament-Fragment": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") return end();
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(policy.createHTML(await answer.text()), "text/html");
      const more = count(fresh.title) - count(document.title);
      const waiting = [];
      for (const part of document.querySelectorAll("[data-fragment][id]")) {
        const other = fresh.getElementById(part.id);
        if (!other || plain(other) === plain(part)) continue;
        if (part.dataset.fragment === "ask" || inUse(part)) waiting.push([part, other]);
        else part.replaceWith(document.adoptNode(other));
      }
      if (waiting.length) {
        const now = Date.now();
        if (news.textContent && now - asked < 10000) return;
        asked = now;
        offer(more > 0 ? `${more} new here.` : "Something changed on this page.", waiting);
      } else {
        news.replaceChildren();
        document.title = fresh.title;
      }
    } catch { /* The stream tells when the connection is gone. */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 1000); }
    }
  }

  function progress(event) {
    const told = JSON.parse(event.data), bar = document.getElementById("work-bar");
    document.getElementById("work").hidden = !told.words;
    document.getElementById("work-words").textContent = told.words || "";
    if (told.total) { bar.max = told.total; bar.value = told.done; } else bar.removeAttribute("value");
  }

  function end() {
    if (source) source.close();
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
      await fetch(location.href);
      state.textContent = "You stay signed in.";
    });
    state.append(button);
  }

  function listen() {
    source = new EventSource(address);
    source.addEventListener("changed", refresh);
    source.addEventListener("progress", progress);
    source.addEventListener("signed-out", end);
    source.addEventListener("ending", warn);
    source.onopen = () => {
      if (failures) { say(""); refresh(); }
      failures = 0;
    };
    source.onerror = () => {
      source.close();
      say(`As of ${new Date().toLocaleTimeString("en-AU", { hour: "2-digit", minute: "2-digit" })}: the connection is lost, trying again.`);
      setTimeout(() => { if (!document.hidden && source) listen(); }, 1000 * pauses[Math.min(failures++, pauses.length - 1)]);
    };
  }

  document.addEventListener("visibilitychange", () => {
    if (!source) return;
    source.close();
    if (!document.hidden) { listen(); refresh(); }
  });
  listen();
})();
