// What the stock admin leaves without a name. The boxes of select2 take theirs from the shown value,
// and an empty one has none: they get the name of the field they stand for.
"use strict";

function nameBoxes() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const words = select.labels?.[0]?.textContent.replace(/[:：]\s*$/, "").trim() || select.getAttribute("aria-label");
    const shown = select.nextElementSibling?.querySelector("[role=textbox]");
    if (words && shown && shown.getAttribute("aria-label") !== words) shown.setAttribute("aria-label", words);
  }
  for (const field of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    field.setAttribute("aria-label", "查找");
  }
}

const line = document.getElementById("searchbar"); // its label is a picture with an English word
line?.setAttribute("aria-label", "搜索");
line?.labels[0]?.querySelector("img")?.setAttribute("alt", "搜索");

addEventListener("load", nameBoxes);
new MutationObserver(nameBoxes).observe(document.documentElement, { childList: true, subtree: true });
