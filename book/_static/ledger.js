// The ledger page: search, sort and filter with DataTables (MIT), shipped in vendor/. Filter and search
// stand in the address, so that a link can hand them on.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("table.ledger");
  if (!table) return;
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const statusColumn = heads.indexOf("Status");
  const rows = [...table.tBodies[0].rows];
  const statuses = new Set(rows.map((row) => row.cells[statusColumn].textContent.trim()));
  const asked = new URLSearchParams(location.hash.slice(1));

  // All rows stay in the page, so that links to a claim keep working.
  const ledger = new DataTable(table, {
    paging: false,
    order: [],
    autoWidth: false,
    search: { search: asked.get("search") ?? "" },
    layout: { topStart: statusFilter, topEnd: "search", bottomStart: "info", bottomEnd: null },
    language: { search: "Search claims:", info: "_TOTAL_ claims", infoFiltered: "(of _MAX_)" },
  });
  if (asked.has("status")) choose(asked.get("status"));
  ledger.on("search", () => note("search", ledger.search()));
  // Moved into its new surroundings, the table has lost its place.
  if (location.hash.startsWith("#ledger-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();

  function choose(status) {
    ledger.column(statusColumn).search(status, { exact: true }).draw();
  }

  function note(name, value) {
    if (value) asked.set(name, value);
    else asked.delete(name);
    const kept = ["status", "search"].filter((key) => asked.has(key));
    const address = new URLSearchParams(kept.map((key) => [key, asked.get(key)])).toString();
    if (address || !location.hash.startsWith("#ledger-")) history.replaceState(null, "", `#${address}`);
  }

  function statusFilter() {
    const label = document.createElement("label");
    const choice = document.createElement("select");
    choice.append(new Option("any", ""), ...[...statuses].sort().map((status) => new Option(status)));
    choice.value = asked.get("status") ?? "";
    choice.addEventListener("change", () => {
      choose(choice.value);
      note("status", choice.value);
    });
    label.append("Status: ", choice);
    return label;
  }
});
