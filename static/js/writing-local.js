// The last resort of what is typed: this browser's own store, by person, article and page. What was
// left there goes to the server when the form is opened again, and is offered where it says
// something else than what was saved.
"use strict";

{
  const desk = document.getElementById("writing");
  const form = desk?.closest("form");
  const field = (name) => form.querySelector(`input[name=${name}]`).value;
  const own = desk && `writing:${field("_person")}:${desk.dataset.article}:`;

  // "" when it is kept, else what to tell.
  function keep(pairs) {
    try {
      localStorage.setItem(own + field("_key"), JSON.stringify(pairs));
      return "";
    } catch {
      return "这台电脑上也存不下了：请先把正文复制到别处。";
    }
  }

  function forget(key = field("_key")) {
    try {
      localStorage.removeItem(own + key);
    } catch {
      // a browser that keeps nothing has nothing to forget
    }
  }

  function left() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(own));
      return keys.map((key) => [key.slice(own.length), JSON.parse(localStorage.getItem(key))]);
    } catch {
      return [];
    }
  }

  async function recover(key, pairs) {
    const body = new FormData();
    for (const [name, value] of pairs) body.append(name, value);
    for (const name of ["csrfmiddlewaretoken", "_person"]) body.set(name, field(name));
    body.set("_key", key);
    body.set("_kept", "1");
    const headers = { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
    const answer = await fetch(desk.dataset.autosave, { method: "POST", body, headers });
    if (!answer.ok) return;
    const { differs } = await answer.json();
    forget(key);
    if (differs) offer(key);
  }

  function offer(key) {
    // What the server had of it, and the page shows, is older.
    desk.querySelector(`[name=drop_autosave][value="${key}"]`)?.closest("section").remove();
    const note = document.createElement("p");
    const link = document.createElement("a");
    note.className = "writing-note";
    note.dataset.tone = "mine";
    note.setAttribute("role", "status");
    link.href = `${location.pathname}?restore_autosave=${key}`;
    link.textContent = "恢复到表单";
    note.append("上次没来得及存到服务器上的内容找回来了：", link);
    desk.append(note);
  }

  if (desk) {
    window.writingLocal = { keep, forget };
    // What this page itself keeps is at work already (a form that came back with errors).
    const others = left().filter(([key]) => key !== field("_key"));
    for (const [key, pairs] of others) recover(key, pairs).catch(() => {}); // stays for next time
  }
}
