// The catalogue's page after a part of it was swapped: what was open stays open, and the keyboard goes on where it was.

const openOnes = new Set();
let pressed = "";

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "found") return;
  openOnes.clear();
  pressed = document.activeElement.closest("#found") ? document.activeElement.id : "";
  for (const details of document.querySelectorAll("#found details[id][open]")) openOnes.add(details.id);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "rows") return goOn(event.detail.requestConfig);
  if (event.detail.target.id !== "found") return;
  for (const id of openOnes) document.getElementById(id)?.setAttribute("open", "");
  if (pressed) document.getElementById(pressed)?.focus({ preventScroll: true });
});

// What was pressed is gone with the swap, unless it came back under its id.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!document.getElementById("found") || event.detail.requestConfig?.elt?.id === "catalogue-search") return;
  if (cameByItself(event.detail.requestConfig)) return;
  if (document.activeElement === document.body) document.getElementById("found-title").focus({ preventScroll: true });
});

// "More": the first of the new rows is next, where it was pressed. What comes while one scrolls takes nobody's place.
function goOn(request) {
  const asked = request?.elt;
  const row = asked?.dataset.more && document.getElementById(asked.dataset.more);
  if (row && !cameByItself(request)) row.querySelector("h3 a")?.focus({ preventScroll: true });
}

function cameByItself(request) {
  return request?.triggeringEvent?.type === "intersect";
}
