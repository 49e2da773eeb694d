// One press copies the title, the summary or the styled text. Without it the fields and the frame
// can be marked and copied by hand.
"use strict";

{
  const said = document.querySelector(".wechat-said");

  // The text goes as HTML: through the copy event, for the page itself may hold no styled copy.
  function copy(source, isHtml) {
    let isTaken = false;
    const put = (event) => {
      event.preventDefault();
      const text = source.value;
      if (isHtml) {
        event.clipboardData.setData("text/html", text);
        event.clipboardData.setData("text/plain", plain(text));
      } else event.clipboardData.setData("text/plain", text);
      isTaken = true;
    };
    document.addEventListener("copy", put, { once: true, capture: true });
    const isDone = document.execCommand("copy");
    document.removeEventListener("copy", put, { capture: true });
    return isDone && isTaken;
  }

  const plain = (html) => html
    .replace(/<br>|<\/(?:p|h[2-4]|li|tr|section|blockquote)>/g, "\n").replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&nbsp;/g, " ").replace(/&amp;/g, "&").trim();

  for (const button of document.querySelectorAll("[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const source = document.getElementById(button.dataset.copies);
      const isHtml = button.dataset.as === "html";
      if (!isHtml) source.select();
      const isDone = copy(source, isHtml);
      const words = isDone ? "已复制，到公众号编辑器里粘贴。" : "浏览器不让复制，请选中后按 Ctrl-C。";
      said.textContent = [button.dataset.warns, words].filter(Boolean).join("");
      said.toggleAttribute("data-warns", Boolean(button.dataset.warns));
    });
  }
}
