// Comments at a passage: words marked in the editor go into the form; a thread leads to its words.
// What is sent comes back as the panel alone, so that nothing typed in the article is lost.
"use strict";

{
  const { editor, rangeOf, marked } = window.passages;
  const panel = () => document.querySelector("[data-comments]");
  let last = null; // the last passage marked in the editor: {quote, occurrence}

  function paint() {
    if (!window.Highlight) return;
    const links = panel().querySelectorAll(".threads > .thread [data-quote]");
    const open = [...links].filter((link) => !link.closest(".threads-settled"));
    const ranges = open.map((link) => rangeOf(link.dataset.quote, Number(link.dataset.occurrence)));
    CSS.highlights.set("commented", new Highlight(...ranges.filter(Boolean)));
  }

  function quoteMarked() {
    if (!last) return;
    document.getElementById("comment_quote").value = last.quote;
    document.getElementById("comment_occurrence").value = last.occurrence;
    document.getElementById("comment_text").focus();
  }

  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button comment-here", textContent: "批注", hidden: true });
  button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps what is marked
  button.addEventListener("click", () => { button.hidden = true; quoteMarked(); });

  document.addEventListener("selectionchange", () => {
    const now = marked();
    if (now) last = now;
    panel()?.querySelector("[data-take]").toggleAttribute("hidden", !last);
    button.hidden = !now;
    if (!now) return;
    button.style.top = `${now.box.bottom + scrollY + 6}px`;
    button.style.left = `${Math.max(8, Math.min(now.box.right + scrollX, innerWidth - 90))}px`;
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-take]")) quoteMarked();
    if (!event.target.closest(".field-body")) button.hidden = true;
    const link = event.target.closest("[data-comments] [data-quote]");
    const range = link && rangeOf(link.dataset.quote, Number(link.dataset.occurrence));
    if (!range) return;
    event.preventDefault();
    editor().focus({ preventScroll: true });
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
    // The editor puts its own selection back shortly after it got the focus.
    setTimeout(() => getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset), 60);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target, before = panel();
    if (!before || !before.contains(form)) return;
    event.preventDefault();
    const said = before.querySelector(".comments-said"), pressed = event.submitter;
    if (pressed) pressed.disabled = true; // once is enough
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Panel": "1" } });
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-comments]");
      if (!found) throw new Error(answer.status);
      const told = found.querySelector(".comments-said");
      if ("refused" in told.dataset) return said.replaceWith(told); // what was written stays
      before.replaceWith(found);
      paint();
      document.getElementById("comment_quote").focus({ preventScroll: true });
    } catch {
      said.textContent = "没有送到：请检查网络，或重新登录后再试。写的还在。";
    } finally {
      if (pressed) pressed.disabled = false;
    }
  });

  if (panel()) {
    document.body.append(button);
    paint();
    let soon;
    const later = () => { clearTimeout(soon); soon = setTimeout(paint, 300); };
    new MutationObserver(later).observe(document.querySelector(".field-body") || panel(), { childList: true, subtree: true, characterData: true });
  }
}
