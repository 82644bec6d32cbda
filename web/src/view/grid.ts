/** A table with a head to sort by, of which only the visible rows exist. */

import { fill, h, setText } from "./dom";

/** A column. */
export interface Column<Row> {
  key: string;
  label: string;
  /** Shown on hover of the head. */
  title?: string;
  /** Class of head and cells; it sets the width. */
  class: string;
  /** What rows are sorted by; without it the column cannot be sorted by. Null comes last. */
  value?: (row: Row) => number | string | null;
  /** Whether the largest comes first. */
  isDescending?: boolean;
  /** What the cell holds; `before` is what it held, which may be changed and given back. */
  cell: (row: Row, before: ChildNode | null) => Node | string;
}

/** How rows are told apart and what a click does. */
export interface GridOptions<Row> {
  label: string;
  columns: Column<Row>[];
  /** No two rows have the same. */
  keyOf: (row: Row) => string;
  /** What says whether a row is selected, if that is not its key. */
  selectedBy?: (row: Row) => string;
  /** A click on a row, or Enter; `adds` with shift. Without it rows are not for clicking. */
  onPick?: (row: Row, adds: boolean) => void;
  onSort?: (sort: string | null) => void;
  /** Sorted by at first, such as `p95` or `-p95` for the other way around. */
  sort: string | null;
  /** Rows before there is scrolling. */
  visibleRows: number;
  /** Rows that came into view. */
  onVisible?: (rows: readonly Row[]) => void;
  class: string;
}

/** Of a row as long as none is measured, in pixels: what `--row` says. */
const ROW_HEIGHT = 28;
/** Rows beyond the edge that exist already. */
const SPARE = 6;

/** A row as it stands there. */
interface Made<Row> {
  row: Row;
  element: HTMLElement;
  /** Its cells are to be made again, though the row is the same. */
  isOutdated: boolean;
}

/** See the head of this file. */
export class Grid<Row> {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "grid-row grid-head", role: "row" });
  private readonly body = h("div", { class: "grid-body", role: "rowgroup" });
  private readonly scroller: HTMLElement;
  private readonly empty = h("p", { class: "empty", hidden: true });
  private columns: Column<Row>[];
  private rows: readonly Row[] = [];
  private sorted: Row[] = [];
  private selected: ReadonlySet<string> = new Set();
  private sort: string | null;
  /** Where the box is scrolled to, and its height: asking for them at each change would lay the page out each time. */
  private scrollTop = 0;
  private height = 0;
  /** Rows of some tables are higher on narrow screens. */
  private rowHeight = ROW_HEIGHT;
  private readonly made = new Map<string, Made<Row>>();

  constructor(private readonly options: GridOptions<Row>) {
    this.columns = options.columns;
    this.sort = options.sort;
    // Focusable, so that it can be scrolled with keys.
    this.scroller = h("div", {
      class: "grid-scroll",
      tabindex: 0,
      role: "region",
      "aria-label": `${options.label}, rows`,
    });
    const table = h("div", { class: `grid ${options.class}`, role: "table", "aria-label": options.label });
    table.append(h("div", { role: "rowgroup", class: "grid-headgroup" }, this.head), this.body);
    this.scroller.append(table);
    this.scroller.style.setProperty("--rows", String(options.visibleRows));
    this.element = h("div", { class: "grid-box" }, this.scroller, this.empty);
    const onScroll = () => {
      this.scrollTop = this.scroller.scrollTop;
      this.draw();
    };
    this.scroller.addEventListener("scroll", onScroll, { passive: true });
    new ResizeObserver(([entry]) => {
      const before = this.height;
      this.height = entry?.contentRect.height ?? 0;
      const rowHeight = (this.body.firstElementChild as HTMLElement | null)?.offsetHeight || this.rowHeight;
      const isOther = Math.abs(rowHeight - this.rowHeight) > 1;
      this.rowHeight = rowHeight;
      if (this.height > before || isOther) this.draw();
    }).observe(this.scroller);
    this.drawHead();
  }

  /** Shows other columns. */
  setColumns(columns: Column<Row>[]): void {
    this.columns = columns;
    this.made.clear();
    this.drawHead();
  }

  /** Cells show more than their row has, and that has changed: they are made again when the grid is shown next. */
  outdate(): void {
    for (const made of this.made.values()) made.isOutdated = true;
  }

  /** Makes the cells of one column again, of the rows that are in view. */
  refresh(key: string): void {
    const at = this.columns.findIndex((column) => column.key === key);
    const column = this.columns[at];
    if (column !== undefined) for (const { row, element } of this.made.values()) showCell(element, at, column, row);
  }

  /** Sorts by a column's key, `-` before it for the other way around. */
  setSort(sort: string | null): void {
    if (sort === this.sort) return;
    this.sort = sort;
    this.markSorted();
    this.arrange();
  }

  /** Shows rows; `empty` stands there if there are none. */
  show(rows: readonly Row[], selected: ReadonlySet<string>, empty: string): void {
    this.rows = rows;
    this.selected = selected;
    this.empty.hidden = rows.length > 0;
    this.empty.textContent = empty;
    this.scroller.hidden = rows.length === 0;
    this.arrange();
  }

  private draw(): void {
    const first = Math.max(0, Math.floor(this.scrollTop / this.rowHeight) - SPARE);
    // At first the box is as high as its few rows, so its height tells only whether there is room for more.
    const visible = Math.max(this.options.visibleRows, Math.ceil(this.height / this.rowHeight));
    const rows = this.sorted.slice(first, first + visible + 2 * SPARE);
    this.body.style.setProperty("--before", `${first * this.rowHeight}px`);
    this.body.style.setProperty(
      "--after",
      `${Math.max(0, this.sorted.length - first - rows.length) * this.rowHeight}px`,
    );
    const shown = rows.map((row, place) => this.shownRow(row, first + place));
    const isSame =
      shown.length === this.body.children.length && shown.every((row, at) => row === this.body.children[at]);
    // Rows that stay where they are are not touched: a click may be half done, and text may be marked.
    if (!isSame) {
      const focused = document.activeElement;
      fill(this.body, ...shown);
      if (focused instanceof HTMLElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
    }
    const kept = new Set(shown);
    for (const [key, { element }] of this.made) if (!kept.has(element)) this.made.delete(key);
    this.options.onVisible?.(rows);
  }

  private arrange(): void {
    const isOther = this.sort?.startsWith("-") ?? false;
    const key = isOther ? this.sort?.slice(1) : this.sort;
    const column = this.columns.find((candidate) => candidate.key === key);
    this.sorted = [...this.rows];
    if (column?.value !== undefined) {
      const value = column.value;
      const sign = (column.isDescending ? -1 : 1) * (isOther ? -1 : 1);
      const keyed = this.sorted.map((row) => ({ row, value: value(row) }));
      keyed.sort((a, b) => {
        if (a.value === null || b.value === null) return a.value === b.value ? 0 : a.value === null ? 1 : -1;
        if (typeof a.value === "string" || typeof b.value === "string")
          return sign * String(a.value).localeCompare(String(b.value), "en", { numeric: true });
        return sign * (a.value - b.value);
      });
      this.sorted = keyed.map(({ row }) => row);
    }
    this.draw();
  }

  private drawHead(): void {
    fill(
      this.head,
      ...this.columns.map((column) => {
        const attributes = { class: `grid-cell ${column.class}`, role: "columnheader", title: column.title };
        if (column.value === undefined) return h("div", attributes, column.label);
        const button = h("button", { type: "button", class: "sorter" });
        button.addEventListener("click", () => {
          const sort = this.sort === column.key ? `-${column.key}` : column.key;
          this.setSort(sort);
          this.options.onSort?.(sort);
        });
        return h("div", attributes, button);
      }),
    );
    this.markSorted();
  }

  /** Says in the head what rows are sorted by. */
  private markSorted(): void {
    const isOther = this.sort?.startsWith("-") ?? false;
    const key = isOther ? this.sort?.slice(1) : this.sort;
    this.columns.forEach((column, at) => {
      const cell = this.head.children[at];
      const button = cell?.firstElementChild;
      if (cell === undefined || button == null) return;
      const isSorted = column.key === key;
      const isDown = (column.isDescending ?? false) !== isOther;
      setText(button, `${column.label}${isSorted ? (isDown ? " ↓" : " ↑") : ""}`);
      if (isSorted) cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  /** The element of a row: made once, then only changed where it differs. */
  private shownRow(row: Row, place: number): HTMLElement {
    const key = this.options.keyOf(row);
    let made = this.made.get(key);
    if (made === undefined) {
      made = { row, element: this.makeRow(row, key), isOutdated: true };
      this.made.set(key, made);
    }
    const isOther = made.row !== row || made.isOutdated;
    made.row = row;
    made.isOutdated = false;
    const { element } = made;
    const isSelected = this.selected.has((this.options.selectedBy ?? this.options.keyOf)(row));
    element.setAttribute("aria-rowindex", String(place + 2));
    element.classList.toggle("is-selected", isSelected);
    if (isSelected) element.setAttribute("aria-selected", "true");
    else element.removeAttribute("aria-selected");
    if (isOther)
      this.columns.forEach((column, at) => {
        showCell(element, at, column, row);
      });
    return element;
  }

  private makeRow(first: Row, key: string): HTMLElement {
    const { onPick } = this.options;
    const attributes = {
      class: "grid-row",
      role: "row",
      "data-key": this.options.keyOf(first),
      tabindex: onPick ? 0 : undefined,
    };
    const element = h("div", attributes);
    for (const column of this.columns) element.append(h("div", { class: `grid-cell ${column.class}`, role: "cell" }));
    if (onPick === undefined) return element;
    const pick = (adds: boolean) => {
      const made = this.made.get(key);
      if (made !== undefined) onPick(made.row, adds);
    };
    element.addEventListener("click", (event) => {
      // A reader who marks text does not want to pick.
      if (String(getSelection()).length > 0 && !event.shiftKey) return;
      if (event.shiftKey) getSelection()?.removeAllRanges();
      pick(event.shiftKey);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        pick(event.shiftKey);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        event.stopPropagation();
        const next = event.key === "ArrowDown" ? element.nextElementSibling : element.previousElementSibling;
        if (next instanceof HTMLElement) next.focus();
      }
    });
    return element;
  }
}

/** Makes a cell again, and touches it only where it differs. */
function showCell<Row>(element: HTMLElement, at: number, column: Column<Row>, row: Row): void {
  const cell = element.children[at];
  const before = cell?.firstChild ?? null;
  const content = column.cell(row, before);
  const node = typeof content === "string" ? document.createTextNode(content) : content;
  if (node !== before && (before === null || !node.isEqualNode(before))) cell?.replaceChildren(node);
}
