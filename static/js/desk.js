// The desk without a mouse: the box keeps the focus, and keys press what the page already offers.
const box = document.querySelector("[data-scan]");

function focusBox() {
  box?.focus();
  box?.select();
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const isTyping = event.target instanceof Element && event.target.matches("input, textarea, select");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    focusBox();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    target.click();
  }
});

// On a fresh page `autofocus` does it; this is for pages that come back from the browser's memory, and for windows.
window.addEventListener("pageshow", (event) => event.persisted && focusBox());
window.addEventListener("focus", () => {
  const isElsewhere = document.activeElement && document.activeElement !== document.body;
  if (document.readyState === "complete" && !isElsewhere) focusBox();  // not away from a comment that is being written
});
