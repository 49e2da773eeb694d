// Says every fifteen seconds that this page is open, and who else has the article open, or saved it
// since. Without a script the page says who was here when it was opened.
"use strict";

{
  const EVERY = 15_000;
  const note = document.getElementById("presence");

  function beHere(note, form) {
    const field = (name) => form.querySelector(`input[name=${name}]`).value;

    function sign(isGone) {
      const body = new FormData();
      for (const name of ["csrfmiddlewaretoken", "_person", "version"]) body.set(name, field(name));
      if (isGone) body.set("gone", "1");
      return body;
    }

    function line(text, href) {
      const paragraph = document.createElement("p");
      paragraph.textContent = text;
      if (href) {
        const link = document.createElement("a");
        Object.assign(link, { href, target: "_blank", rel: "noopener", textContent: "看看改了什么" });
        paragraph.append(" ", link);
      }
      return paragraph;
    }

    function show({ others, saved }) {
      const lines = others.map((text) => line(text));
      if (saved) lines.push(line(saved, note.dataset.newest));
      const text = lines.map((one) => one.textContent).join("");
      if (text === note.textContent.trim()) return; // said again, it would be read out again
      note.replaceChildren(...lines);
      note.hidden = !lines.length;
    }

    async function tell() {
      const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
      try {
        const answer = await fetch(note.dataset.present, { method: "POST", body: sign(false), headers });
        if (answer.ok && !answer.redirected) show(await answer.json());
        else if (answer.status === 403) await writingSession.renew();
      } catch {
        // the next sign will say it
      }
    }

    tell();
    setInterval(tell, EVERY);
    document.addEventListener("article:autosaved", (event) => show(event.detail));
    document.addEventListener("visibilitychange", () => document.hidden || tell());
    addEventListener("pageshow", (event) => event.persisted && tell());
    addEventListener("pagehide", () => navigator.sendBeacon(note.dataset.present, sign(true)));
  }

  if (note) beHere(note, note.closest("form"));
}
