// The search above every page: “/” or Ctrl-K goes there, arrows choose, Enter opens, Escape leaves.
// Without this script it is a form that leads to the search page.
const form = () => document.querySelector("[data-palette]");
const parts = (root) => ({
  text: root.querySelector("input[type=search]"),
  list: root.querySelector("#palette-hits"),
});
const options = (list) => [...list.querySelectorAll("[role=option]")];
const isTyping = (element) =>
  element.isContentEditable || element.matches?.("input, textarea, select, [role=textbox]");

function show({ text, list }, isOpen) {
  list.hidden = !isOpen;
  text.setAttribute("aria-expanded", String(isOpen && options(list).length > 0));
  if (!isOpen) text.removeAttribute("aria-activedescendant");
}

function activate({ text, list }, step) {
  const all = options(list);
  if (all.length === 0) return;
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : (now + step + all.length) % all.length];
  all.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
  text.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

function enter() {
  const root = form();
  const link = document.querySelector(".palette-link");
  if (root && root.offsetParent !== null) {
    const { text } = parts(root);
    text.focus();
    text.select();
  } else link?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || !form()) return;
  const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
  const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
  if (isCommand || isSlash) {
    event.preventDefault();
    enter();
    return;
  }
  const root = event.target.closest?.("[data-palette]");
  if (!root) return;
  const box = parts(root);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    show(box, box.list.childElementCount > 0);
    activate(box, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const chosen = options(box.list).find((option) => option.getAttribute("aria-selected") === "true");
    if (!chosen || box.list.hidden) return;
    event.preventDefault();
    chosen.click();
  } else if (event.key === "Escape") {
    show(box, false);
    box.text.blur();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "palette-hits") return;
  const root = event.target.closest("[data-palette]");
  const box = parts(root);
  show(box, box.text.value.trim() !== "" && box.list.childElementCount > 0);
});

document.addEventListener("focusin", (event) => {
  const root = form();
  if (!root) return;
  const box = parts(root);
  if (!root.contains(event.target)) show(box, false);
  else if (event.target === box.text && box.list.childElementCount > 0 && box.text.value.trim()) show(box, true);
});
document.addEventListener("pointerdown", (event) => {
  const root = form();
  if (root && !root.contains(event.target)) show(parts(root), false);
});
