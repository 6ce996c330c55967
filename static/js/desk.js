// The desk without a mouse and without loss. What is scanned goes into a queue that is kept in the tab until the library
// has answered for it, one after the other, each with a key by which the library does it once. The page is changed in
// place: the box stays, with the focus and what is in it. Without this file every scan is a form and a page.
import { beep, sound } from "./desk-sound.js";
import * as queue from "./desk-queue.js";

const DESK = location.pathname;
const main = document.getElementById("main");
const box = document.querySelector("[data-scan]");
const RETRY = [500, 1000, 2000, 4000, 8000]; // ms
const CALM = 700; // ms after a refusal within which nobody can have read it
let running = false;
let afterwards = null; // what was pressed while a scan was under way
let silent = 0; // answers in a row that did not come
let refusedAt = -CALM;

const focusBox = () => (box.focus(), box.select());
const form = () => box.form;

// -- pages in place -----------------------------------------------------------------------------------------------

class Elsewhere extends Error {}

// The desk's page that a request ends at, put in the place of this one. Throws where there is no answer, or another page.
async function visit(address, options = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin", ...options });
  if (answer.status >= 500) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("[data-scan]");
  if (!next) throw Object.assign(new Elsewhere(), { address: answer.url, page });
  const hadFocus = document.activeElement === box || !main.contains(document.activeElement);
  for (const name of ["aria-label", "placeholder"]) box.setAttribute(name, next.getAttribute(name));
  const wantsFocus = page.querySelector("#main [autofocus]");
  const elsewhere = wantsFocus && wantsFocus !== next ? wantsFocus.id : "";
  next.replaceWith(box);
  main.replaceChildren(...page.getElementById("main").childNodes);
  document.title = page.title;
  const isHere = new URL(answer.url).pathname !== DESK || answer.url === location.href; // a refused form has no address
  if (isHere) history.replaceState(null, "", location.href);
  else history.pushState(null, "", answer.url);
  if (elsewhere && !queue.all().length) document.getElementById(elsewhere)?.focus();
  else if (hadFocus || options.method || document.activeElement === document.body) box.focus(); // what had it is gone
  draw();
  return main.querySelector("[data-tone]");
}

// What is no page of the desk is shown as what it is: signing in, or a refusal of the whole request.
function leave({ address, page }) {
  if (new URL(address).pathname !== DESK) return location.assign(address);
  main.replaceChildren(...(page.getElementById("main") ?? page.body).childNodes);
}

// -- the queue ----------------------------------------------------------------------------------------------------

function body(scan) {
  const fields = new URLSearchParams({ scan: scan.text, once: scan.key, ...scan.said });
  fields.set("csrfmiddlewaretoken", form().elements.csrfmiddlewaretoken.value);
  return fields;
}

async function run() {
  if (running) return;
  running = true;
  let scan;
  while (!afterwards && !queue.isStopped() && (scan = queue.next())) {
    draw();
    try {
      const outcome = await visit(scan.action ?? form().getAttribute("action"), { method: "POST", body: body(scan) });
      silent = 0;
      queue.answered(scan, outcome?.dataset.tone ?? "good");
      beep(outcome?.dataset.tone ?? "good");
      if (outcome?.hasAttribute("data-stops")) {
        refusedAt = performance.now();
        queue.stop("stopped");
      }
    } catch (fault) {
      if (fault instanceof Elsewhere) {
        queue.stop("left");
        running = false;
        return leave(fault);
      }
      const pause = RETRY[Math.min(silent++, RETRY.length - 1)];
      if (silent === 1) beep("bad");
      draw();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  running = false;
  draw();
  const pressed = afterwards;
  afterwards = null;
  if (pressed) go(...pressed);
}

function draw() {
  const panel = document.getElementById("scan-queue");
  const marks = document.getElementById("scan-marks");
  if (!panel || !marks) return;
  const waiting = queue.all();
  const why = queue.isStopped() || (silent ? "silent" : "waiting");
  const isQuiet = why === "waiting" && waiting.length < 2; // what is being done this moment needs no panel
  panel.hidden = !waiting.length || isQuiet;
  const title = panel.querySelector("[data-queue-title]");
  const words = `${title.dataset[why]} ${waiting.length}`;
  if (title.textContent !== words) title.textContent = words;
  for (const button of panel.querySelectorAll("button")) button.hidden = !queue.isStopped();
  panel.querySelector("[data-queue]").replaceChildren(...waiting.slice(0, 30).map((scan) => chip(scan.text, "")));
  marks.hidden = !queue.marks().length;
  marks.replaceChildren(...queue.marks().map(({ text, tone }) => chip(text, tone, marks.dataset[tone])));
  for (const button of document.querySelectorAll("[data-sound]")) button.setAttribute("aria-pressed", String(sound.isOn));
}

function chip(text, tone, words = "") {
  const item = Object.assign(document.createElement("li"), { className: `chip number dot ${tone}`, textContent: text });
  if (words) item.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${words}` }));
  return item;
}

function scanned() {
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  const said = {};
  for (const name of ["returned_on"]) if (form().elements[name]?.value) said[name] = form().elements[name].value;
  if (form().elements.is_damaged?.checked) {
    said.is_damaged = "on";
    form().elements.is_damaged.checked = false; // of this copy alone
  }
  queue.add(text, said);
  if (performance.now() - refusedAt < CALM) queue.stop("stopped");
  if (queue.isStopped()) beep("bad");
  draw();
  run();
}

// -- what is pressed ----------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const sent = event.target;
  if (!main.contains(sent) || sent.method !== "post") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (sent.hasAttribute("data-scans")) return scanned();
  const fields = new URLSearchParams(new FormData(sent, event.submitter));
  go(sent.getAttribute("action"), { method: "POST", body: fields });
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-queue-go], [data-queue-forget], [data-sound]");
  if (button?.hasAttribute("data-sound")) sound.isOn = !sound.isOn;
  if (button?.hasAttribute("data-queue-forget")) queue.forget();
  if (button?.hasAttribute("data-queue-go")) queue.goOn();
  if (button) {
    draw();
    if (!button.hasAttribute("data-sound")) focusBox();
    return run();
  }
  const link = event.target.closest?.("main a[href]");
  const isPlain = event.button === 0 && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !isPlain || link.pathname !== DESK) return;
  if (link.hash) return setTimeout(() => document.querySelector(`${link.hash} :is([type=checkbox], textarea)`)?.focus());
  event.preventDefault();
  go(link.href);
});

async function go(address, options) {
  if (running) {
    afterwards ??= [address, options]; // a second press is the same press
    return;
  }
  running = true;
  try {
    const outcome = await visit(address, options);
    if (options) beep(outcome?.dataset.tone ?? "good");
  } catch (fault) {
    if (fault instanceof Elsewhere) return leave(fault);
    if (!options) return location.assign(address);
    const sentence = document.querySelector("template#request-failed").content.cloneNode(true);
    document.querySelector("#banners [data-failed]") ?? document.getElementById("banners").append(sentence);
  } finally {
    running = false;
  }
  return run();
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (event.key === "/" && !at.matches("input, textarea, select")) {
    event.preventDefault();
    return focusBox();
  }
  // A scanner does not look where the focus is, and the browser gives it to the box a moment after the page is there.
  if (at === document.body && event.key.length === 1 && event.key !== " ") return box.focus();
  const choices = [...document.querySelectorAll("[data-choices] a")];
  if (choices.length && (at === box || choices.includes(at)) && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const to = choices.indexOf(at) + (event.key === "ArrowDown" ? 1 : -1);
    return (choices[to] ?? box).focus();
  }
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].find((found) => !found.hidden);
  if (target) {
    event.preventDefault();
    target.click();
  }
});

// On a fresh page `autofocus` does it; this is for pages that come back from the browser's memory, and for windows.
window.addEventListener("pageshow", (event) => event.persisted && focusBox());
window.addEventListener("popstate", () => location.hash || go(location.href)); // an anchor of this page is no other page
window.addEventListener("focus", () => {
  const isElsewhere = document.activeElement && document.activeElement !== document.body;
  if (document.readyState === "complete" && !isElsewhere) focusBox(); // not away from a comment that is being written
});

queue.begin(document.getElementById("scan-queue").dataset.user, location.href);
draw();
run();
if (box.autofocus && document.activeElement === document.body) box.focus();
