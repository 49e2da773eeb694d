// A dialog in which something is searched for and chosen, by mouse or by keyboard alone: the arrows
// walk through what was found, Enter takes it.

import { crel } from "django-prose-editor/editor";

const WAIT = 200; // milliseconds after the last key
let number = 0;

export function field(label, attributes = {}) {
  number += 1;
  const input = crel("input", { id: `editor-field-${number}`, type: "text", ...attributes });
  return { input, row: crel("p", { className: "editor-field" }, [crel("label", { htmlFor: input.id, textContent: label }), input]) };
}

// ask(query) gives [{node, row}]; chosen(row) is called for the one that is taken.
export function search(label, ask, chosen) {
  const { input, row } = field(label, { type: "search", maxLength: 60, autocomplete: "off" });
  const list = crel("div", { className: "editor-found", role: "listbox", "aria-label": "找到的" });
  const note = crel("p", { className: "quiet", role: "status" });
  let timer, asked = 0;

  async function find() {
    asked += 1;
    const mine = asked;
    let found = null;
    try { found = await ask(input.value); } catch { /* said below */ }
    if (mine !== asked) return;
    note.textContent = found === null ? "现在查不了：可能已退出登录。" : found.length ? "" : "没有找到，换个词试试。";
    list.replaceChildren(...(found ?? []).map(({ node, row: one }) => {
      const option = crel("button", { type: "button", className: "editor-option", role: "option", "aria-selected": "false" }, [node]);
      option.addEventListener("click", () => {
        [...list.children].forEach((other) => other.setAttribute("aria-selected", String(other === option)));
        chosen(one);
      });
      return option;
    }));
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, WAIT); });
  row.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter and arrows belong to the input method
    if (event.key === "Enter") { event.preventDefault(); list.firstElementChild?.click(); }
    if (event.key === "ArrowDown") { event.preventDefault(); list.firstElementChild?.focus(); }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowRight: "nextElementSibling", ArrowUp: "previousElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
    if (!step) return;
    event.preventDefault();
    (document.activeElement[step] ?? (step.startsWith("prev") ? input : null))?.focus();
  });
  find();
  return { input, parts: [row, note, list] };
}

// Resolves with what `read()` says when the form is sent, or null.
export function open(editor, title, submitText, parts, read) {
  return new Promise((resolve) => {
    const cancel = crel("button", { type: "button", textContent: "取消" });
    const form = crel("form", { method: "dialog" }, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: title }), ...parts,
      crel("div", { className: "prose-editor-dialog-buttons" }, [crel("button", { type: "submit", textContent: submitText }), cancel]),
    ]);
    const dialog = crel("dialog", { className: "prose-editor-dialog editor-dialog", "aria-label": title }, [form]);
    let answer = null;
    // The form of the article is around the editor: nothing of this may reach it.
    document.body.append(dialog);
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = read();
      if (answer) dialog.close();
    });
    dialog.addEventListener("close", () => { dialog.remove(); editor.commands.focus(); resolve(answer); });
    dialog.showModal();
  });
}
