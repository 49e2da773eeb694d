// Keeps what is typed: on the server three seconds after the last key, at the latest every ten, and
// when the page is left; in this browser while the server can't be reached or the session is over.
"use strict";

{
  const AFTER_LAST = 3_000;
  const AT_LATEST = 10_000; // and between two tries
  const TOO_LONG = 15_000; // an answer that takes longer won't come
  const desk = document.getElementById("writing");

  function keepWriting(desk, form) {
    const status = desk.querySelector(".writing-status");
    const isTyped = ([name, value]) =>
      typeof value === "string" && name !== "csrfmiddlewaretoken" && !name.startsWith("_");
    const typed = () => [...new FormData(form)].filter(isTyped);
    const snapshot = () => JSON.stringify(typed());
    let seen = snapshot(); // what the form said at the last look
    let sent = "unsaved" in desk.dataset ? "" : seen; // what the server has
    let since = 0; // when what it has not was typed first
    let last = 0; // and when last
    let tried = 0;
    let trouble = ""; // a kind of writing-session.js
    let busy = null;
    let isSubmitting = false;

    function say(tone, ...words) {
      const text = words.map((word) => word.textContent ?? word).join("");
      if (status.textContent === text) return; // said again, it would be read out again
      status.dataset.tone = tone;
      status.replaceChildren(...words);
      status.hidden = false;
    }

    function keepHere([kind, ...words]) {
      trouble = kind;
      const why = writingLocal.keep(typed());
      if (words.length) say("trouble", ...words, why);
    }

    function kept(told, text) {
      sent = text;
      since = last = 0;
      trouble = "";
      writingLocal.forget();
      say("", `已自动保存 ${told.at}`);
      document.dispatchEvent(new CustomEvent("article:autosaved", { detail: told }));
    }

    async function send(isLast) {
      const text = (seen = snapshot());
      const hurry = (busy = new AbortController());
      const timer = setTimeout(() => hurry.abort(), TOO_LONG);
      const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
      const options = { method: "POST", body: new FormData(form), headers, keepalive: isLast };
      tried = Date.now();
      try {
        if (trouble === "out") keepHere(await writingSession.renew());
        if (trouble === "out") return;
        options.body.set("csrfmiddlewaretoken", form.querySelector("input[name=csrfmiddlewaretoken]").value);
        const isSecond = trouble === "again";
        const answer = await fetch(desk.dataset.autosave, { ...options, signal: hurry.signal });
        if (answer.ok && !answer.redirected) return kept(await answer.json(), text);
        const why = await writingSession.trouble(answer);
        keepHere(isSecond && why[0] === "again" ? writingSession.AWAY : why);
      } catch {
        if (!isSubmitting) keepHere(writingSession.AWAY);
      } finally {
        clearTimeout(timer);
        busy = null;
      }
    }

    function look() {
      const now = Date.now();
      const text = snapshot();
      if (text !== seen) {
        seen = text;
        last = now;
        since ||= now;
        if (trouble) writingLocal.keep(typed());
      }
      if (seen === sent || busy || isSubmitting) return;
      const isDue = now - last >= AFTER_LAST || now - since >= AT_LATEST;
      if (trouble ? trouble === "again" || now - tried >= AT_LATEST : isDue) send(false);
    }

    const retry = () => trouble && !busy && send(false);
    setInterval(look, 1_000);
    addEventListener("focus", retry);
    addEventListener("online", retry);
    addEventListener("pageshow", () => (isSubmitting = false));
    addEventListener("pagehide", () => {
      if (isSubmitting || snapshot() === sent) return;
      writingLocal.keep(typed()); // a long text may be too much for a farewell
      send(true);
    });
    form.addEventListener("submit", (event) => {
      // Buttons that go elsewhere (下线, 丢弃) save nothing: for them the page is simply left.
      if (event.submitter?.hasAttribute("formaction")) return;
      isSubmitting = true;
      busy?.abort();
      if (snapshot() !== sent) writingLocal.keep(typed());
    });
    document.querySelector(".submit-row.is-last")?.append(status);
  }

  if (desk) keepWriting(desk, desk.closest("form"));
}
