// Ctrl-K: find anything at the desk. Without this script the link in the header leads to the page.
(() => {
  const opener = document.getElementById("find-open");
  if (!opener || typeof HTMLDialogElement === "undefined") return;
  const WAIT = 120; // milliseconds after the last key
  const made = (tag, attributes, ...inside) => {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.append(...inside);
    return node;
  };
  let dialog, input, list, note, timer;
  let asked = 0; // the number of the last question; older answers are dropped
  let shown = null; // the words the list answers to
  let isWaiting = false; // Enter was pressed before the answer to what is typed came

  const build = () => {
    input = made("input", {
      type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "find-list",
      "aria-autocomplete": "list", "aria-label": "查找", autocomplete: "off", spellcheck: "false",
      maxlength: "60", placeholder: "标题、拼音、首字母、编号",
    });
    list = made("div", { id: "find-list", class: "find-list", role: "listbox", "aria-label": "找到的" });
    note = made("p", { class: "find-note", role: "status" });
    const close = made("button", { type: "button", class: "find-close" }, "关闭");
    close.addEventListener("click", () => dialog.close());
    dialog = made("dialog", { class: "find-dialog", "aria-label": "查找" },
      made("div", { class: "find-line" }, input, close), note, list);
    document.body.append(dialog);
    input.addEventListener("input", () => {
      isWaiting = false;
      asked += 1;
      list.setAttribute("aria-busy", "true");
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    });
    input.addEventListener("keydown", keyed);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { clearTimeout(timer); asked += 1; });
  };

  const ask = async () => {
    clearTimeout(timer);
    const number = (asked += 1);
    const typed = input.value;
    const query = new URLSearchParams({ q: typed, format: "json" });
    try {
      const answer = await fetch(`${opener.href}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const told = await answer.json();
      if (number === asked) show(told.results, told.note, typed);
    } catch {
      if (number === asked) show([], "现在查不了：可能已退出登录，请刷新页面再试。", typed);
    }
  };

  const show = (results, words, typed) => {
    shown = typed;
    list.setAttribute("aria-busy", "false");
    list.replaceChildren();
    let label = "";
    results.forEach((one, place) => {
      if (one.label !== label) {
        label = one.label;
        list.append(made("div", { role: "presentation", class: "find-label" }, label));
      }
      list.append(
        made("a", { role: "option", id: `find-${place}`, href: one.url, tabindex: "-1", "aria-selected": "false" },
          made("span", { class: "find-title" }, one.title),
          made("span", { class: "find-detail" }, one.detail)),
      );
    });
    input.setAttribute("aria-expanded", String(results.length > 0));
    const nothing = input.value.trim() ? "没有找到。试试少几个字，或用拼音首字母、编号。" : "";
    note.textContent = words || (results.length ? "" : nothing);
    choose(0);
    if (isWaiting) go();
    isWaiting = false;
  };

  const go = (isApart = false) => {
    const link = list.querySelector("[aria-selected=true]");
    if (!link) return;
    if (isApart) window.open(link.href, "_blank", "noopener");
    else link.click();
  };

  const options = () => [...list.querySelectorAll("[role=option]")];

  const choose = (place) => {
    const all = options();
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === place)));
    if (!all.length) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", all[place].id);
    all[place].scrollIntoView({ block: "nearest" });
  };

  const keyed = (event) => {
    if (event.key === "Escape") { // a search field would only empty itself
      event.preventDefault();
      dialog.close();
      return;
    }
    if (event.isComposing) return; // Enter and arrows belong to the input method
    const all = options();
    const place = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && all.length) {
      event.preventDefault();
      choose((place + steps[event.key] + all.length) % all.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown === input.value) return go(event.ctrlKey || event.metaKey);
      isWaiting = true;
      ask();
    }
  };

  const open = () => {
    if (!dialog) build();
    if (dialog.open) return;
    input.value = "";
    isWaiting = false;
    show([], "", null);
    dialog.showModal();
    input.focus();
    ask();
  };

  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!isK || event.altKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    open();
  });
})();
