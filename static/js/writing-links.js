// One press copies a preview's address; without the clipboard it is marked, ready to be copied.
"use strict";

for (const button of document.querySelectorAll(".link-acts [data-copy]")) {
  const address = button.parentElement.querySelector("input");
  button.hidden = false;
  button.addEventListener("click", async () => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
      button.textContent = "已复制";
    } catch {
      button.textContent = "已选中，请复制";
    }
  });
}
