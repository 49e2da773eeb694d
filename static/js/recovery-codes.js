// Copies or prints recovery codes. Without a script they are selected and printed by hand.
"use strict";
for (const row of document.querySelectorAll("[data-codes]")) {
  const list = document.getElementById(row.dataset.codes);
  const status = row.querySelector("[role=status]");
  const acts = {
    async copy() {
      const codes = [...list.querySelectorAll("code")].map((code) => code.textContent);
      try {
        await navigator.clipboard.writeText(codes.join("\n"));
        status.textContent = "已复制。";
      } catch {
        getSelection().selectAllChildren(list);
        status.textContent = "没能复制：已选中，请按 Ctrl+C。";
      }
    },
    print() {
      window.print();
    },
  };
  row.addEventListener("click", (event) => acts[event.target.dataset.do]?.());
  row.hidden = false;
}
