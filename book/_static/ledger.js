// The ledger page: search, sort and filter with DataTables (MIT), shipped in vendor/.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("table.ledger");
  if (!table) return;
  const statusColumn = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "Status");
  const statuses = new Set([...table.tBodies[0].rows].map((row) => row.cells[statusColumn].textContent.trim()));

  // All rows stay in the page, so that links to a claim keep working.
  const ledger = new DataTable(table, {
    paging: false,
    order: [],
    autoWidth: false,
    layout: { topStart: statusFilter, topEnd: "search", bottomStart: "info", bottomEnd: null },
    language: { search: "Search claims:", info: "_TOTAL_ claims", infoFiltered: "(of _MAX_)" },
  });

  function statusFilter() {
    const label = document.createElement("label");
    const choice = document.createElement("select");
    choice.append(new Option("any", ""), ...[...statuses].sort().map((status) => new Option(status)));
    choice.addEventListener("change", () =>
      ledger.column(statusColumn).search(choice.value, { exact: true }).draw(),
    );
    label.append("Status: ", choice);
    return label;
  }
});
