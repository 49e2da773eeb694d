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
  card.scrollIntoView({ block: "nearest" });
}

// Below the mark, or above it where the window ends below and there is room above.
function place(card, mark) {
  const box = mark.getBoundingClientRect();
  const view = document.documentElement;
  const room = view.clientWidth - card.offsetWidth - 12;
  const fitsBelow = box.bottom + 8 + card.offsetHeight < view.clientHeight;
  const isAbove = !fitsBelow && box.top - 8 - card.offsetHeight > 80;
  const top = isAbove ? box.top - 8 - card.offsetHeight : box.bottom + 8;
  card.style.left = `${Math.max(12, Math.min(box.left - 24, room)) + window.scrollX}px`;
  card.style.top = `${top + window.scrollY}px`;
}

// The card stands at the end of the document: leaving it goes on from the mark, not from there.
function leave(event) {
  const stops = [...open.card.querySelectorAll("a, button")];
  const at = stops.indexOf(document.activeElement);
  if (!open.card.contains(document.activeElement)) return;
  if (event.shiftKey ? at > 0 : at < stops.length - 1) return;
  if (event.shiftKey) event.preventDefault();
  close(true);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const mark = event.target.closest("a.source-mark");
  // Not mark.hash: a mark in a drawing is an SVG link, which has none.
  const note = mark && document.getElementById(mark.getAttribute("href").slice(1));
  if (note && note.closest(".notes")) {
    event.preventDefault();
    if (open && open.mark === mark) close(true);
    else show(mark, note);
  } else if (open && !event.target.closest(".note-card")) {
    close(false);
  }
});

document.addEventListener("keydown", (event) => {
  if (open && event.key === "Escape") close(true);
  else if (open && event.key === "Tab") leave(event);
});
