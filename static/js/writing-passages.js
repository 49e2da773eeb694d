// Passages of the text in the editor: where a quote stands, and which quote is marked.
"use strict";

{
  const BLOCKS = new Set(["P", "H2", "H3", "H4", "LI", "TD", "TH", "BLOCKQUOTE", "FIGCAPTION", "DIV", "BR", "HR"]);

  const editor = () => document.querySelector(".field-body [contenteditable]");

  // The editor's words folded as the server folds them (articles/citations.py), and for each
  // character where it stands.
  function wordsOf(root) {
    let text = "";
    const places = [];
    const take = (words, place) => { text += words; for (let n = 0; n < words.length; n++) places.push(place); };
    const walk = (node) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) {
          let at = 0;
          for (const letter of child.data) {
            take(letter.normalize("NFKC"), { node: child, start: at, end: at + letter.length });
            at += letter.length;
          }
        } else {
          if (BLOCKS.has(child.nodeName)) take("\n", null);
          walk(child);
        }
      }
    };
    walk(root);
    return { text, places };
  }

  function rangeOf(quote, occurrence) {
    const root = editor(), wanted = quote.normalize("NFKC").trim();
    if (!root || !wanted) return null;
    const { text, places } = wordsOf(root);
    let at = -1;
    for (let n = 0; n < occurrence; n++) if ((at = text.indexOf(wanted, at + 1)) < 0) return null;
    const from = places[at], to = places[at + wanted.length - 1];
    if (!from || !to) return null;
    const range = document.createRange();
    range.setStart(from.node, from.start);
    range.setEnd(to.node, to.end);
    return range;
  }

  function marked() {
    const root = editor(), chosen = getSelection();
    if (!root || !chosen.rangeCount || chosen.isCollapsed || !root.contains(chosen.anchorNode)) return null;
    const quote = chosen.toString().trim().split("\n")[0].trim().slice(0, 300);
    if (!quote) return null;
    const range = chosen.getRangeAt(0), { text, places } = wordsOf(root), wanted = quote.normalize("NFKC");
    let occurrence = 0;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      occurrence += 1;
      const place = places[at];
      // The first one that does not stand before the mark is the one that was marked.
      if (place && range.comparePoint(place.node, place.end) >= 0) break;
    }
    return { quote, occurrence: Math.max(1, occurrence), box: range.getBoundingClientRect() };
  }

  window.passages = { editor, rangeOf, marked };
}
