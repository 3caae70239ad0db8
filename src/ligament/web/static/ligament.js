// One small script: pages work without it. It asks for fragments anew when the server says that something changed,
// never replaces what somebody is in, and says when it has lost the connection.
"use strict";
(() => {
  const address = document.body.dataset.live;
  const state = document.getElementById("live-state");
  if (!address || !window.EventSource) return;
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("fragments", { createHTML: (text) => text })
    : { createHTML: (text) => text };
  const pauses = [1, 2, 5, 15, 60];
  let failures = 0, source = null, busy = false;

  const say = (words) => { if (state.textContent !== words) state.textContent = words; };
  const inUse = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;

  async function refresh() {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "Ligament-Fragment": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") return end();
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(policy.createHTML(await answer.text()), "text/html");
      for (const part of document.querySelectorAll("[data-fragment][id]")) {
        const other = fresh.getElementById(part.id);
        if (!other || other.innerHTML === part.innerHTML) continue;
        if (inUse(part)) say("Something changed. It will be shown when you leave this part of the page.");
        else part.replaceWith(document.adoptNode(other));
      }
      document.title = fresh.title;
    } catch { /* The stream tells when the connection is gone. */ } finally { busy = false; }
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
    source.addEventListener("signed-out", end);
    source.addEventListener("ending", warn);
    source.onopen = () => { if (failures) say(""); failures = 0; };
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
