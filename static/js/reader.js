// A book page by page with keys and fingers. Everything here is also a link or a button.
const reader = document.querySelector("[data-reader]");
const leftwards = reader.hasAttribute("data-leftwards");
const TOUCH = { far: 70, level: 45 }; // pixels of a swipe: at least across, at most up or down
const press = (name) => {
  const found = document.querySelector(`[data-${name}]`);
  found?.click();
  return Boolean(found);
};

const isTyping = (target) => target.closest?.("input, textarea, select, summary, button, [contenteditable]");
const isPanelOpen = () => document.querySelector("[popover]:popover-open, dialog[open]");
const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
const atStart = () => scrollY <= 0;

// The arrows follow the book: in one that runs from right to left, ← goes on. Space and Page Down always go on.
function wish(event) {
  switch (event.key) {
    case "ArrowRight":
      return leftwards ? "back" : "forward";
    case "ArrowLeft":
      return leftwards ? "forward" : "back";
    case "PageDown":
      return atEnd() ? "forward" : "";
    case "PageUp":
      return atStart() ? "back" : "";
    case " ":
      return event.shiftKey ? (atStart() ? "back" : "") : atEnd() ? "forward" : "";
    case "[":
      return "citation-before";
    case "]":
      return "citation-behind";
    default:
      return "";
  }
}

document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && (!event.shiftKey || event.key === " ");
  if (event.defaultPrevented || !isPlain || isTyping(event.target) || isPanelOpen()) return;
  const name = wish(event);
  if (name && press(name)) event.preventDefault();
});

// A swipe turns the page, unless the page is enlarged (then it moves what is seen) or words are being selected.
let began = null;
reader.addEventListener(
  "touchstart",
  (event) => {
    const touch = event.touches[0];
    began = event.touches.length === 1 && (visualViewport?.scale ?? 1) < 1.05 ? { x: touch.clientX, y: touch.clientY } : null;
  },
  { passive: true },
);
reader.addEventListener("touchend", (event) => {
  if (!began || !getSelection().isCollapsed || isTyping(event.target)) return;
  const touch = event.changedTouches[0];
  const [across, down] = [touch.clientX - began.x, touch.clientY - began.y];
  began = null;
  if (Math.abs(across) < TOUCH.far || Math.abs(down) > TOUCH.level) return;
  press(across < 0 === !leftwards ? "forward" : "back");
});

// -- what is selected ---------------------------------------------------------------------------------------------
// The library counts signs as people write them, the browser in halves of some: 𝛼 is one there and two here.
const count = (text) => [...text].length;
const bar = document.querySelector("[data-selected]");
const part = (name) => bar.querySelector(`[data-part="${name}"]`);

// From where to where of the page's text a selection goes, and its words; null where it is not of the page alone.
function selected(selection) {
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const inside = (range.commonAncestorContainer.nodeType === 1 ? range.commonAncestorContainer : range.commonAncestorContainer.parentElement)?.closest(
    "[data-text], [data-words]",
  );
  if (!inside) return null;
  const span = inside.matches("[data-text]") ? inText(inside, range) : inPicture(inside, range);
  return span && span.start < span.end ? span : null;
}

function inText(text, range) {
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const start = count(before.toString());
  return { start, end: start + count(range.toString()), words: range.toString() };
}

// Words over the picture say themselves where they stand in the text.
function inPicture(picture, range) {
  const words = [...picture.querySelectorAll("tspan")].filter((word) => range.intersectsNode(word));
  const side = (word, container, offset, otherwise) => (word.contains(container) ? count(word.textContent.slice(0, offset)) : otherwise);
  const parts = words
    .map((word) => ({
      at: Number(word.dataset.at),
      from: side(word, range.startContainer, range.startOffset, 0),
      to: side(word, range.endContainer, range.endOffset, count(word.textContent)),
      word,
    }))
    .filter((one) => one.from < one.to);
  if (!parts.length) return null;
  const said = parts.map((one) => [...one.word.textContent].slice(one.from, one.to).join(""));
  return { start: parts[0].at + parts[0].from, end: parts.at(-1).at + parts.at(-1).to, words: said.join(" ") };
}

function show(span) {
  for (const name of ["start", "end"]) bar.querySelector(`[name="${name}"]`).value = span[name];
  const words = span.words.replace(/\s+/g, " ").trim();
  bar.querySelector("[data-said]").textContent = words.length > 140 ? `“${words.slice(0, 140)}…”` : `“${words}”`;
  const question = bar.querySelector('[name="question"]');
  question.value = question.dataset.template.replace("{}", () => words.slice(0, 400));
  for (const name of ["note", "ask"]) part(name).hidden = true;
  bar.hidden = false;
}

let waiting = 0;
document.addEventListener("selectionchange", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (bar.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
    const span = selected(getSelection());
    if (span) show(span);
    else bar.hidden = true;
  }, 150);
});
bar.addEventListener("pointerdown", (event) => event.target.closest("button") && event.preventDefault()); // the selection stays
bar.addEventListener("click", (event) => {
  const name = event.target.closest("[data-open]")?.dataset.open;
  if (!name) return;
  for (const other of ["note", "ask"]) part(other).hidden = other !== name;
  part(name).querySelector("input, textarea").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") bar.hidden = true;
});
