// The text editor's buttons come with English names only, and its field with none: both in Chinese.
"use strict";

const words = {
  "paragraph": "正文段落", "heading2": "二级标题", "heading3": "三级标题", "heading4": "四级标题",
  "bulletList": "项目列表", "orderedList": "编号列表", "blockquote": "引用", "horizontalRule": "分隔线",
  "figure": "图片", "bold": "加粗", "italic": "着重", "subscript": "下标", "superscript": "上标",
  "link": "链接", "unlink": "去掉链接", "table": "插入表格", "table:addColumnAfter": "加一列",
  "table:deleteColumn": "删这一列", "table:addRowAfter": "加一行", "table:deleteRow": "删这一行",
  "table:mergeCells": "合并单元格", "table:splitCell": "拆分单元格", "table:toggleHeaderCell": "表头单元格",
  "table:deleteTable": "删除表格", "history:undo": "撤销", "history:redo": "重做", "html": "看源码",
};

function nameButton(button) {
  const word = button.dataset.name ? words[button.dataset.name] : "段落样式";
  if (!word) return;
  if (button.matches(".prose-menubar__option")) {
    const shown = button.firstElementChild;
    if (shown.textContent !== word) shown.textContent = word;
  } else if (button.title !== word) {
    button.title = word;
    button.setAttribute("aria-label", word);
  }
}

function nameField(field) {
  const label = field.closest(".form-row")?.querySelector("label");
  if (label) field.setAttribute("aria-label", label.textContent.replace(/[:：]\s*$/, ""));
}

function nameAll() {
  document.querySelectorAll(".prose-menubar button").forEach(nameButton);
  document.querySelectorAll(".prose-editor [contenteditable]:not([aria-label])").forEach(nameField);
}

nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
