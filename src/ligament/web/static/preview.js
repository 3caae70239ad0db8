// The mapping page works without this: it presses "Show three invoices" by itself whenever a choice changes.
"use strict";
(() => {
  const form = document.querySelector("form[data-preview]");
  if (!form) return;
  let asked = null;
  form.addEventListener("change", (event) => {
    if (event.target.name === "pick" || event.target.name === "bulk") return;
    if (asked) asked.abort();
    const told = new URLSearchParams(new FormData(form));
    told.set("choice", "preview");
    asked = new XMLHttpRequest();
    asked.open("POST", form.action);
    asked.setRequestHeader("Ligament-Fragment", "1");
    // The browser makes a document of it without running anything: no text is ever put into the page as markup.
    asked.responseType = "document";
    asked.onload = (answered) => {
      const found = answered.target.response;
      const fresh = found && found.getElementById("preview");
      const shown = document.getElementById("preview");
      if (fresh && shown) shown.replaceWith(document.adoptNode(fresh));
    };
    asked.send(told);
  });
})();
