// Enhancement only: every page works without this file.

document.documentElement.classList.add("js");

const openMenus = () => document.querySelectorAll("details.menu[open]");

// A menu closes when one looks elsewhere, and gives the keyboard back to its button on Escape.
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  // "/" goes to the search field, as in most catalogues, unless one is typing or a page has a use for it.
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// Tabs: after a swap the new tab is the current one, and a screen reader is told where it is.
document.addEventListener("htmx:pushedIntoHistory", (event) => {
  for (const link of document.querySelectorAll(".tabs a")) {
    if (new URL(link.href).pathname === event.detail.path.split("?")[0]) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
});

// An answer comes into sight, on a phone as well, and the next question takes the place of the last.
document.addEventListener("htmx:afterSettle", () => {
  const answer = document.activeElement === document.body || document.activeElement?.closest("#ask-panel, #panel") ? document.getElementById("answer") : null;
  if (!answer || answer.dataset.seen) return;
  answer.dataset.seen = "yes";
  answer.focus({ preventScroll: true });
  answer.scrollIntoView({ block: "start" });
});
document.addEventListener("focusin", (event) => event.target.matches?.("[data-question]") && event.target.select());

// A suggestion goes into the field that it is for, which is then checked like anything typed.
document.addEventListener("click", (event) => {
  const suggestion = event.target.closest?.("button[data-fill]");
  const field = suggestion && document.getElementById(suggestion.dataset.fill);
  if (!field) return;
  field.value = suggestion.textContent.trim();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// What is to be printed is printed by the browser.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// No answer, or one that is no page: say so where the reader looks, once.
const sayThatItFailed = () => {
  const sentence = document.querySelector("template#request-failed");
  const banners = document.querySelector("#banners");
  if (sentence && banners && !banners.querySelector("[data-failed]")) banners.append(sentence.content.cloneNode(true));
};
document.addEventListener("htmx:sendError", sayThatItFailed);
document.addEventListener("htmx:timeout", sayThatItFailed);
document.addEventListener("htmx:responseError", sayThatItFailed);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.querySelector("#banners [data-failed]")?.remove();
});
