// The member picker: an editable combobox whose list htmx fills. Without this script its “Search”
// button has the server look for the name.
const parts = (field) => {
  const picker = field.closest("[data-picker]");
  return {
    picker,
    text: picker.querySelector("[data-picker-text]"),
    value: picker.querySelector("[data-picker-value]"),
    asked: picker.querySelector("[data-picker-asked]"),
    list: picker.querySelector("[role=listbox]"),
  };
};
const options = (list) => [...list.querySelectorAll("[data-pk]")];

function open({ text, list }) {
  list.hidden = list.children.length === 0;
  text.setAttribute("aria-expanded", String(!list.hidden));
}

function close({ text, list }) {
  list.hidden = true;
  text.setAttribute("aria-expanded", "false");
  text.removeAttribute("aria-activedescendant");
  options(list).forEach((option) => option.setAttribute("aria-selected", "false"));
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

function choose(picked, option) {
  picked.picker.querySelector("[data-picker-found]")?.remove();
  picked.value.disabled = false;
  picked.value.value = option.dataset.pk;
  picked.text.value = picked.asked.value = option.dataset.name;
  close(picked);
  picked.value.dispatchEvent(new Event("change", { bubbles: true }));
}

// Enter in any field of a form presses its first button, which must not be “Search”.
function withoutButton(root) {
  root.querySelectorAll?.("[data-picker-find]").forEach((button) => {
    button.disabled = button.hidden = true;
  });
}
withoutButton(document);
document.addEventListener("htmx:load", (event) => withoutButton(event.detail.elt));

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-picker-text]")) return;
  const picked = parts(event.target);
  picked.value.value = "";
  if (event.target.value.trim() === "") close(picked);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const list = event.detail.target;
  if (!list?.matches?.(".picker-list")) return;
  const picked = parts(list);
  if (document.activeElement === picked.text) open(picked);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-picker-text]")) return;
  const picked = parts(event.target);
  const isOpen = !picked.list.hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (isOpen) activate(picked, event.key === "ArrowDown" ? 1 : -1);
    else event.target.dispatchEvent(new Event("picker-open"));
  } else if (event.key === "Escape" && isOpen) {
    event.preventDefault();
    event.stopPropagation();
    close(picked);
  } else if (event.key === "Enter" && isOpen) {
    event.preventDefault();
    const active = picked.list.querySelector("[data-pk][aria-selected=true]");
    const all = options(picked.list);
    if (active || all.length === 1) choose(picked, active ?? all[0]);
  }
});

// Before the field loses the focus, or the list would be gone when the click arrives.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.(".picker-list [data-pk]");
  if (!option) return;
  event.preventDefault();
  choose(parts(option), option);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-picker-text]")) close(parts(event.target));
});
