// The link dialog: an address by hand, or an article, a park or another page of the site by name.

import { crel, Extension, Link as PlainLink } from "django-prose-editor/editor";
import { field, open, search } from "./editor-choosing.js";

const isGood = (href) => /^(?:https?:\/\/[^/\\]|mailto:|tel:|\/(?![/\\]))/i.test(href);

async function find(findUrl, query) {
  const answer = await fetch(`${findUrl}?${new URLSearchParams({ q: query, format: "json" })}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const { results } = await answer.json();
  return results.filter((one) => one.public_url && one.kind !== "picture").map((one) => ({
    row: one,
    node: crel("span", {}, [crel("b", { textContent: one.title }), " ", crel("small", { textContent: one.label })]),
  }));
}

async function link(editor, options) {
  const { selection } = editor.state;
  const isLink = editor.isActive("link");
  const address = field("网址或站内地址", { value: editor.getAttributes("link").href ?? "", placeholder: "https://… 或 /articles/12/" });
  const words = field("链接文字");
  const note = crel("p", { className: "errornote", role: "alert", hidden: true });
  const library = search("找站内的文章、园区", (query) => find(options.findUrl, query), (one) => {
    address.input.value = one.public_url;
    words.input.value ||= one.title;
    address.input.focus();
  });
  const needsWords = selection.empty && !isLink;
  const answer = await open(editor, isLink ? "修改链接" : "加链接", isLink ? "更新" : "加上", [...library.parts, address.row, ...(needsWords ? [words.row] : []), note], () => {
    const href = address.input.value.trim();
    note.hidden = isGood(href);
    note.textContent = "网址要以 https:// 开头，站内地址以 / 开头。";
    return isGood(href) ? { href, text: words.input.value.trim() || href } : null;
  });
  if (!answer) return;
  const chain = editor.chain().focus().setTextSelection(selection);
  const attrs = { href: answer.href };
  if (needsWords) chain.insertContent({ type: "text", text: answer.text, marks: [{ type: "link", attrs }] }).run();
  else if (isLink) chain.extendMarkRange("link").updateAttributes("link", attrs).run();
  else chain.setMark("link", attrs).run();
}

// A host named in a sentence is no link; only what is written as an address becomes one.
export const Link = PlainLink.extend({
  addOptions() {
    return { ...this.parent?.(), shouldAutoLink: (url) => /^https?:\/\//i.test(url) };
  },
  addKeyboardShortcuts() {
    return {
      "Mod-k": ({ editor }) => {
        window.event?.stopPropagation(); // the desk's own Ctrl-K looks for pages
        return editor.commands.addLink();
      },
    };
  },
});

export const SiteLink = Extension.create({
  name: "siteLink",
  addOptions: () => ({ findUrl: "" }),
  addCommands() {
    const { options } = this;
    return { addLink: () => ({ editor, dispatch }) => { if (dispatch) link(editor, options); return true; } };
  },
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "link",
      groups: "link",
      command: (editor) => { editor.commands.addLink(); },
      button: buttons.material("insert_link", "insert link"),
      active: (editor) => editor.isActive("link"),
    });
  },
});
