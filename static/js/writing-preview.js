// The real page beside the form, at a phone's width or a desktop's, drawn anew after each autosave.
// Whether it is open, and how wide, is remembered in this browser. Narrow windows have a link only.
"use strict";

{
  const pane = document.querySelector("[data-preview]");
  const room = document.getElementById("content");

  function remembered(name, value) {
    try {
      if (value !== undefined) localStorage.setItem(`preview-${name}`, value);
      return localStorage.getItem(`preview-${name}`);
    } catch {
      return null; // a browser that keeps nothing still shows the page
    }
  }

  function previewing(pane) {
    const box = pane.querySelector(".preview-box");
    const frame = box.querySelector("iframe");
    const opener = pane.querySelector("[data-open]");
    const tools = pane.querySelector(".preview-tools");
    const widths = [...pane.querySelectorAll("[data-width]")];
    const isWide = matchMedia("(min-width: 1180px)");
    let width = remembered("width") === "1200" ? 1200 : 390;
    let scrolled = 0;

    function fit() {
      const scale = Math.min(1, box.clientWidth / width);
      if (!box.clientWidth) return;
      frame.style.width = `${width}px`;
      frame.style.height = `${box.clientHeight / scale}px`;
      frame.style.transform = `scale(${scale})`;
    }

    function load() {
      if (box.hidden || !isWide.matches) return;
      scrolled = frame.contentWindow.scrollY || 0;
      // Not by src: going back would then step through every state of the page.
      frame.contentWindow.location.replace(pane.dataset.preview);
    }

    function show(isOpen) {
      box.hidden = tools.hidden = !isOpen;
      opener.setAttribute("aria-expanded", isOpen);
      opener.textContent = isOpen ? "关上" : "边写边看";
      room.dataset.preview = isOpen ? width : "";
      for (const one of widths) one.setAttribute("aria-pressed", Number(one.dataset.width) === width);
      remembered("open", isOpen ? "1" : "");
      fit();
      load();
    }

    frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, scrolled));
    opener.addEventListener("click", () => show(box.hidden));
    for (const one of widths) {
      one.addEventListener("click", () => {
        width = Number(one.dataset.width);
        remembered("width", width);
        show(true);
      });
    }
    pane.querySelector("[data-reload]").addEventListener("click", load);
    document.addEventListener("article:autosaved", load);
    isWide.addEventListener("change", load);
    new ResizeObserver(fit).observe(box);
    pane.hidden = false;
    show(remembered("open") === "1");
  }

  if (pane) previewing(pane);
}
