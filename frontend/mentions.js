// Suggests members after an “@” in a note. Without this script a name that is written out in full
// mentions its bearer just the same.
const WAIT = 150;
const WORD = /(^|[^\p{L}\p{N}_])@([^\n@]{0,60})$/u;
const lists = new WeakMap();
let serial = 0;
let waiting = 0;

function listOf(area) {
  if (lists.has(area)) return lists.get(area);
  const list = document.createElement("ul");
  list.className = "picker-list mention-list";
  list.id = `mention-list-${(serial += 1)}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const place = document.createElement("div");
  place.className = "mention-place";
  area.before(place);
  place.append(area, list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  lists.set(area, list);
  return list;
}

const options = (list) => [...list.querySelectorAll("[data-word]")];
const asked = (area) => WORD.exec(area.value.slice(0, area.selectionStart))?.[2];

function close(area) {
  const list = lists.get(area);
  if (!list) return;
  list.hidden = true;
  area.removeAttribute("aria-activedescendant");
}

function activate(area, option) {
  options(lists.get(area)).forEach((one) => one.setAttribute("aria-selected", String(one === option)));
  area.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(area, by) {
  const all = options(lists.get(area));
  const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  activate(area, all[(now + by + all.length) % all.length]);
}

function choose(area, option) {
  const end = area.selectionStart;
  const start = area.value.lastIndexOf("@", end - 1);
  area.setRangeText(`@${option.dataset.word} `, start, end, "end");
  close(area);
  area.focus();
}

async function suggest(area) {
  const text = asked(area);
  if (text === undefined) return close(area);
  const answer = await fetch(`${area.dataset.mentions}?q=${encodeURIComponent(text)}`, {
    headers: { "HX-Request": "true" },
  }).catch(() => null);
  // Typed on meanwhile: a later answer is on its way.
  if (!answer?.ok || asked(area) !== text) return undefined;
  const list = listOf(area);
  // Our own server's fragment, escaped there.
  list.innerHTML = await answer.text();
  const all = options(list);
  list.hidden = all.length === 0;
  if (all.length > 0) activate(area, all[0]);
  else close(area);
  return undefined;
}

document.addEventListener("input", (event) => {
  const area = event.target;
  if (!area.matches?.("[data-mentions]")) return;
  clearTimeout(waiting);
  if (asked(area) === undefined) close(area);
  else waiting = setTimeout(() => suggest(area), WAIT);
});

// Before others hear of it: Enter chooses here, and Ctrl + Enter sends elsewhere.
document.addEventListener(
  "keydown",
  (event) => {
    const area = event.target;
    if (!area.matches?.("[data-mentions]") || !lists.has(area) || lists.get(area).hidden) return;
    const active = options(lists.get(area)).find((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(area, event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Escape") close(area);
    else if ((event.key === "Enter" || event.key === "Tab") && active && !event.ctrlKey && !event.metaKey) choose(area, active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.(".mention-list [data-word]");
  if (!option) return;
  event.preventDefault();
  choose(option.closest(".mention-place").querySelector("[data-mentions]"), option);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-mentions]")) close(event.target);
});
