// The tree of teams: folding it, and moving a team by dragging its row onto another one. Both are
// comforts: without this file everything is unfolded and “Move to…” moves.
const FOLDED = "teams-folded";
const table = document.querySelector("[data-team-tree]");

function readFolded() {
  try {
    return new Set(JSON.parse(localStorage.getItem(FOLDED) ?? "[]"));
  } catch {
    return new Set();
  }
}

function keepFolded(folded) {
  try {
    localStorage.setItem(FOLDED, JSON.stringify([...folded]));
  } catch {
    // A browser that keeps nothing shows the whole tree the next time.
  }
}

if (table) {
  const rows = [...table.querySelectorAll("tr[data-team]")];
  const pathOf = (row) => row.dataset.path.split(" ");
  let folded = readFolded();

  const show = () => {
    for (const row of rows) {
      row.hidden = pathOf(row)
        .slice(0, -1)
        .some((team) => folded.has(team));
      row.querySelector(".tree-fold")?.setAttribute("aria-expanded", String(!folded.has(row.dataset.team)));
    }
    keepFolded(folded);
  };

  table.addEventListener("click", (event) => {
    const button = event.target.closest(".tree-fold");
    if (!button) return;
    const team = button.closest("tr").dataset.team;
    if (!folded.delete(team)) folded.add(team);
    show();
  });
  table.querySelector("[data-fold-all]").addEventListener("click", () => {
    folded = new Set(rows.filter((row) => row.querySelector(".tree-fold")).map((row) => row.dataset.team));
    show();
  });
  table.querySelector("[data-unfold-all]").addEventListener("click", () => {
    folded = new Set();
    show();
  });
  show();

  const top = table.querySelector(".tree-top");
  const form = document.getElementById("team-drop");
  let dragged = null;

  /** Where the dragged row may go: not where it stands, not itself, nothing of its own. */
  const takes = (place) => {
    const way = pathOf(dragged);
    if (place === top) return way.length > 1;
    return place.dataset.team !== way.at(-2) && !pathOf(place).includes(dragged.dataset.team);
  };
  const placeOf = (event) => {
    const place = dragged && event.target.closest?.("[data-drop]");
    return place && takes(place) ? place : null;
  };
  const unmark = () => table.querySelectorAll(".is-over").forEach((place) => place.classList.remove("is-over"));

  for (const row of rows) if (row.dataset.move) row.draggable = true;
  table.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("tr[data-move]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.name);
    dragged.classList.add("is-dragged");
    if (top) top.hidden = !takes(top);
  });
  table.addEventListener("dragover", (event) => {
    unmark();
    const place = placeOf(event);
    if (!place) return;
    event.preventDefault();
    place.classList.add("is-over");
  });
  table.addEventListener("drop", (event) => {
    const place = placeOf(event);
    if (!place) return;
    event.preventDefault();
    form.action = dragged.dataset.move;
    form.elements.to.value = place.dataset.drop;
    form.requestSubmit();
  });
  table.addEventListener("dragend", () => {
    unmark();
    dragged?.classList.remove("is-dragged");
    dragged = null;
    if (top) top.hidden = true;
  });
}
