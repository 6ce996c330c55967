// What is being typed into a search box may become: a list beneath it, as the WAI-ARIA combobox pattern has it.
// Enhancement only: without this file the box is a box.

const PAUSE = 160; // ms after the last key
const LETTERS = 2;
let boxes = 0;

class Box {
  constructor(input) {
    this.input = input;
    this.seen = new Map(); // what was asked before, for as long as the page stands
    const id = `suggestions-${++boxes}`;
    this.list = Object.assign(document.createElement("div"), { id, className: "suggestions panel", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.dataset.suggestLabel);
    this.status = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    this.status.setAttribute("role", "status");
    input.after(this.list, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, "aria-haspopup": "listbox",
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("focusout", () => this.close());
    input.form?.addEventListener("submit", () => this.close());
    // The focus stays in the box while the mouse chooses; a click then follows the link like any other.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("mousemove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && option !== this.active) this.point(option, false);
    });
    this.list.addEventListener("click", () => setTimeout(() => this.close()));
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  get active() {
    return this.list.querySelector("[aria-selected=true]");
  }

  typed() {
    clearTimeout(this.wait);
    this.asking?.abort();
    const words = this.input.value.trim();
    if (words.length < LETTERS) return this.close();
    this.wait = setTimeout(() => this.ask(words), PAUSE);
  }

  async ask(words) {
    const asking = (this.asking = new AbortController());
    if (!this.seen.has(words)) {
      try {
        const address = `${this.input.dataset.suggest}?${new URLSearchParams({ q: words })}`;
        const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
        if (!answer.ok) return this.close();
        this.seen.set(words, await answer.text());
      } catch {
        return asking.signal.aborted || this.close(); // a suggestion that does not come is missed by nobody
      }
    }
    if (!asking.signal.aborted && document.activeElement === this.input) this.show(this.seen.get(words));
  }

  show(html) {
    this.list.innerHTML = html;
    this.options.forEach((option, number) => (option.id = `${this.list.id}-${number}`));
    this.status.textContent = this.list.querySelector("[data-status]")?.content.textContent ?? "";
    this.point(null);
    this.open(this.options.length > 0);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
  }

  close() {
    clearTimeout(this.wait);
    this.asking?.abort();
    this.point(null);
    this.open(false);
    this.status.textContent = "";
  }

  point(option, scroll = true) {
    this.active?.setAttribute("aria-selected", "false");
    if (option) {
      option.setAttribute("aria-selected", "true");
      this.input.setAttribute("aria-activedescendant", option.id);
      if (scroll) option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const options = this.options;
    const isOpen = !this.list.hidden;
    const at = options.indexOf(this.active);
    const to = (option) => {
      event.preventDefault();
      this.point(option ?? null);
    };
    if (event.key === "ArrowDown" && !isOpen && this.input.value.trim().length >= LETTERS) {
      event.preventDefault();
      this.ask(this.input.value.trim());
    } else if (!isOpen) return;
    // Past either end lies the box itself, then the other end.
    else if (event.key === "ArrowDown") to(event.altKey ? options[at] : options[at + 1]);
    else if (event.key === "ArrowUp") event.altKey ? this.close() : to(at < 0 ? options.at(-1) : options[at - 1]);
    else if (event.key === "Home" && at >= 0) to(options[0]);
    else if (event.key === "End" && at >= 0) to(options.at(-1));
    else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      options[at].click();
    } else if (event.key === "Tab") this.close();
  }
}

for (const input of document.querySelectorAll("[data-suggest]")) new Box(input);
