// Ticked rows of a list: Shift takes a range, the head takes the page, and the bar says how many.
// Without this script the bar stands below the list, and every tick works.
const boxes = () => [...document.querySelectorAll(".tick input[name=pk]")];
let last = null;

function parts() {
  const bar = document.querySelector("[data-bulk-bar]");
  if (!bar) return null;
  return {
    bar,
    count: bar.querySelector("[data-bulk-count]"),
    everything: bar.querySelector("[data-bulk-all]"),
    offer: bar.querySelector("[data-bulk-offer]"),
    page: document.querySelector("[data-select-page]"),
  };
}

function refresh() {
  const found = parts();
  if (!found) return;
  const all = boxes();
  const ticked = all.filter((box) => box.checked);
  const isPage = all.length > 0 && ticked.length === all.length;
  if (!isPage && found.everything) found.everything.checked = false;
  const isAll = Boolean(found.everything?.checked);
  found.bar.hidden = ticked.length === 0;
  if (found.offer) found.offer.hidden = !isPage;
  const number = isAll ? found.bar.dataset.total : String(ticked.length);
  found.count.textContent = found.bar.dataset.words.replace("%s", number);
  if (found.page) {
    found.page.hidden = false;
    found.page.checked = isPage;
    found.page.indeterminate = ticked.length > 0 && !isPage;
  }
  for (const box of all) box.closest("tr").toggleAttribute("data-ticked", box.checked);
}

function tick(all, checked) {
  all.forEach((box) => (box.checked = checked));
  refresh();
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (box.matches?.(".tick input[name=pk]")) {
    const all = boxes();
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      tick(all.slice(from, to + 1), box.checked);
    }
    last = box;
    refresh();
  } else if (box.matches?.("[data-select-page]")) {
    tick(boxes(), box.checked);
  } else if (box.matches?.("[data-bulk-all]")) {
    if (box.checked) boxes().forEach((one) => (one.checked = true));
    refresh();
  } else if (box.closest?.("[data-bulk-none]")) {
    tick(boxes(), false);
  }
});

// By keyboard: Shift with an arrow walks from tick to tick and takes the rows along.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".tick input[name=pk]") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const all = boxes();
  const next = all[all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  if (event.shiftKey) next.checked = event.target.checked = true;
  next.focus();
  last = next;
  refresh();
});

document.addEventListener("htmx:afterSettle", refresh);
window.addEventListener("pageshow", refresh);
