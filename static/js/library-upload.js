// Takes files that are chosen, dropped or pasted, sends them one after another, and says of each
// what became of it. Without it the same form sends a few files at once.
"use strict";

const form = document.querySelector("form[data-upload]");
if (form) start(form, form.querySelector("input[type=file]"), form.querySelector(".upload-results"));

function start(form, input, results) {
  let queue = Promise.resolve();
  const take = (files) => {
    for (const file of files) {
      const line = addLine(results, file.name);
      queue = queue.then(() => send(form, file, line));
    }
    queue = queue.then(() => { form.querySelector(".upload-again").hidden = false; });
  };
  form.querySelector(".upload-scripted").hidden = false;
  form.querySelector("button").hidden = true;
  input.required = false;
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) { event.preventDefault(); take([...event.clipboardData.files]); }
  });
  // A file dropped beside the form would otherwise open in place of the page.
  for (const name of ["dragover", "drop", "dragleave"]) {
    document.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("is-over", name === "dragover");
      if (name === "drop") take([...event.dataTransfer.files]);
    });
  }
}

function addLine(results, name) {
  const line = document.createElement("li");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", `${name} 的上传进度`);
  line.append(Object.assign(document.createElement("b"), { textContent: name }), " ", bar);
  results.append(line);
  return line;
}

function send(form, file, line) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.append("file", file);
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      line.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => { tell(line, request); done(); });
    request.send(data);
  });
}

function tell(line, request) {
  line.querySelector("progress").remove();
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* a page: logged out, or too large */ }
  const failed = { 0: "没有传上去：网络断了，请再传一次。", 413: "文件太大，服务器没有收。" };
  if (request.status !== 200 || !answer.id) {
    line.dataset.state = "refused";
    line.append(answer.error || failed[request.status] || "没有传上去：请刷新页面，登录后再传。");
    return;
  }
  line.dataset.state = answer.is_new ? "taken" : "known";
  if (answer.thumb) line.prepend(Object.assign(new Image(), { src: answer.thumb, alt: "", width: 48, height: 36 }));
  const words = answer.is_pending ? "补上说明" : "打开";
  const link = Object.assign(document.createElement("a"), { href: answer.change_url, textContent: words });
  link.setAttribute("aria-label", `${words}：${line.querySelector("b").textContent}`);
  line.append(answer.is_new ? "已上传。" : answer.note, " ", link);
}
