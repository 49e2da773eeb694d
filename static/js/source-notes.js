// A source mark opens its note beside the number; without this it jumps to the note below.
"use strict";

const label = document.currentScript.dataset.close;
let open = null;

function close(returnFocus) {
  if (!open) return;
  const { card, mark } = open;
  open = null;
  card.remove();
  mark.setAttribute("aria-expanded", "false");
  if (returnFocus) mark.focus();
}

function show(mark, note) {
  close(false);
  const card = document.createElement("div");
  card.className = "note-card";
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", mark.getAttribute("aria-label"));
  card.tabIndex = -1;
  for (const part of note.children) card.append(part.cloneNode(true));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "note-close";
  button.textContent = label;
  button.addEventListener("click", () => close(true));
  card.append(button);
  document.body.append(card);
  place(card, mark);
  mark.setAttribute("aria-expanded", "true");
  open = { card, mark };
  card.focus({ preventScroll: true });
}

function place(card, mark) {
  const box = mark.getBoundingClientRect();
  const room = document.documentElement.clientWidth - card.offsetWidth - 12;
  card.style.left = `${Math.max(12, Math.min(box.left - 24, room)) + window.scrollX}px`;
  card.style.top = `${box.bottom + 8 + window.scrollY}px`;
}

document.addEventListener("click", (event) => {
  const mark = event.target.closest("a.source-mark");
  const note = mark && document.getElementById(mark.hash.slice(1));
  if (note && note.closest(".notes")) {
    event.preventDefault();
    if (open && open.mark === mark) close(true);
    else show(mark, note);
  } else if (open && !event.target.closest(".note-card")) {
    close(false);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close(true);
});
