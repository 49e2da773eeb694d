// Pasting into the text: other programs' HTML is tidied, pictures go to the library.

import { Extension, Plugin } from "django-prose-editor/editor";
import { draw, fromDataAddress, insertFiles, picturesOf, send, startNotes } from "./editor-pictures.js";
import { tidy } from "./editor-tidy.js";

const isOurs = (html) => html.includes("data-pm-slice");
const isOnlyPictures = (html) => !new DOMParser().parseFromString(html.replace(/<(style|xml)\b[\s\S]*?<\/\1\s*>|<[^>]*>/gi, ""), "text/html").body.textContent.trim();

export const CleanPaste = Extension.create({
  name: "cleanPaste",

  addOptions: () => ({ uploadUrl: "", fetchUrl: "" }),

  onCreate({ editor }) {
    if (editor.isEditable) startNotes(editor, this.options);
  },

  onTransaction({ editor, transaction }) {
    if (transaction.docChanged && editor.isEditable) draw(editor);
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    return [
      new Plugin({
        props: {
          transformPastedHTML: (html) => (isOurs(html) ? html : tidy(html, fromDataAddress)),
          handlePaste(view, event) {
            const files = picturesOf(event.clipboardData);
            const html = event.clipboardData?.getData("text/html") ?? "";
            // Programs add a picture of what was copied; it counts only where there are no words.
            if (files.length && isOnlyPictures(html)) {
              insertFiles(editor, files);
              return true;
            }
            // Once what was pasted stands in the text.
            setTimeout(() => send(editor));
            return false;
          },
          handleDrop(view, event, slice, isMoved) {
            const files = picturesOf(event.dataTransfer);
            if (isMoved || !files.length) {
              setTimeout(() => send(editor));
              return false;
            }
            event.preventDefault();
            insertFiles(editor, files, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos);
            return true;
          },
        },
      }),
    ];
  },
});
