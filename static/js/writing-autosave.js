// Keeps what is typed: on the server three seconds after the last key, at the latest every ten, and
// when the page is left; in this browser while the server can't be reached or the session is over.
"use strict";

{
  const AFTER_LAST = 3_000;
  const AT_LATEST = 10_000;
  const TRY_AGAIN = 10_000;
  const TOO_LONG = 15_000; // an answer that takes longer won't come
  const LATE = "连不上服务器，写的内容先存在这台电脑上。";
  const desk = document.getElementById("writing");

  function typedIn(form) {
    const isTyped = ([name, value]) =>
      typeof value === "string" && name !== "csrfmiddlewaretoken" && !name.startsWith("_");
    return [...new FormData(form)].filter(isTyped);
  }

  function keepWriting(desk, form) {
    const status = desk.querySelector(".writing-status");
    const snapshot = () => JSON.stringify(typedIn(form));
    let seen = snapshot(); // what the form said at the last look
    let sent = "unsaved" in desk.dataset ? "" : seen; // what the server has
    let since = 0; // when what it has not was typed first
    let last = 0; // and when last
    let tried = 0;
    let trouble = ""; // "", "away", "out", or "refused"
    let busy = null;
    let isSubmitting = false;

    function say(tone, ...words) {
      const text = words.map((word) => word.textContent ?? word).join("");
      if (status.textContent === text) return; // said again, it would be read out again
      status.dataset.tone = tone;
      status.replaceChildren(...words);
      status.hidden = false;
    }

    function keepHere(kind, ...words) {
      trouble = kind;
      say("trouble", writingLocal.keep(typedIn(form)) || "", ...words);
    }

    async function refused(answer) {
      const told = await answer.json().catch(() => ({}));
      if (answer.status === 401) return loggedOut(told.login);
      if (answer.status === 409) return keepHere("out", `现在登录的是${told.person}，这一页是${desk.dataset.user}写的：没有存到${told.person}名下，先存在这台电脑上。`);
      if (answer.status === 403 && told.token) return isBack(await writingSession.renew());
      const why = { 403: "您现在不能改这篇了", 404: "这篇已被删除，或不归您改了" }[answer.status];
      if (why) return keepHere("refused", `${why}：写的内容先存在这台电脑上。`);
      if (answer.status === 400 || answer.status === 413) return keepHere("refused", "内容太长，没有自动保存：先存在这台电脑上。");
      return keepHere("away", LATE);
    }

    function loggedOut(login) {
      const link = document.createElement("a");
      Object.assign(link, { href: login, target: "_blank", rel: "noopener", textContent: "重新登录" });
      keepHere("out", "登录已过期：", link, "，写的内容都还在。");
    }

    // What a new log-in, or a turned token, means for the next try.
    function isBack(who) {
      if (who === "in") trouble = "again";
      else if (who !== "out" && who !== "away") keepHere("out", `现在登录的是${who}，这一页是${desk.dataset.user}写的：没有存到${who}名下，先存在这台电脑上。`);
    }

    async function send(isLast) {
      const text = (seen = snapshot());
      const hurry = (busy = new AbortController());
      const timer = setTimeout(() => hurry.abort(), TOO_LONG);
      const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
      const options = { method: "POST", body: new FormData(form), headers, keepalive: isLast, signal: hurry.signal };
      tried = Date.now();
      try {
        const answer = await fetch(desk.dataset.autosave, options);
        if (answer.ok && !answer.redirected) await kept(answer, text);
        else await refused(answer);
      } catch {
        if (!isSubmitting) keepHere("away", LATE);
      } finally {
        clearTimeout(timer);
        busy = null;
      }
    }

    async function kept(answer, text) {
      const told = await answer.json();
      sent = text;
      since = last = 0;
      trouble = "";
      writingLocal.forget();
      say("", `已自动保存 ${told.at}`);
      document.dispatchEvent(new CustomEvent("article:autosaved", { detail: told }));
    }

    async function look() {
      const now = Date.now();
      const text = snapshot();
      if (text !== seen) {
        seen = text;
        last = now;
        since ||= now;
        if (trouble) writingLocal.keep(typedIn(form));
      }
      if (seen === sent || busy || isSubmitting) return;
      if (trouble === "out" || trouble === "away" || trouble === "refused") {
        if (now - tried >= TRY_AGAIN) await again();
      } else if (trouble || now - last >= AFTER_LAST || now - since >= AT_LATEST) await send(false);
    }

    async function again() {
      tried = Date.now();
      if (trouble === "out") isBack(await writingSession.renew());
      if (trouble !== "out" && !busy) await send(false);
    }

    setInterval(look, 1_000);
    addEventListener("focus", () => trouble && !busy && again());
    addEventListener("online", () => trouble && !busy && again());
    addEventListener("pageshow", () => (isSubmitting = false));
    addEventListener("pagehide", () => {
      if (isSubmitting || snapshot() === sent) return;
      writingLocal.keep(typedIn(form)); // a long text may be too much for a farewell
      send(true);
    });
    form.addEventListener("submit", (event) => {
      // Buttons that go elsewhere (下线, 丢弃) save nothing: for them the page is simply left.
      if (event.submitter?.hasAttribute("formaction")) return;
      isSubmitting = true;
      busy?.abort();
      if (snapshot() !== sent) writingLocal.keep(typedIn(form));
    });
    document.querySelector(".submit-row.is-last")?.append(status);
  }

  if (desk) keepWriting(desk, desk.closest("form"));
}
