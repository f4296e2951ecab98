using Spectre.Console;

namespace Rig.Terminal;

/// <summary>Rows of cells under a header, drawn as a table on a terminal and as aligned text elsewhere.</summary>
internal sealed class Columns(params string[] headers)
{
    private readonly List<Cell[]> _rows = [];

    public void Add(params Cell[] cells) => _rows.Add(cells);

    public Table ToTable()
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = true };
        foreach (string header in headers)
        {
            table.AddColumn(
                new TableColumn(new Text(header, new Style(decoration: Decoration.Dim)))
                {
                    Padding = new Padding(0, 0, 2, 0),
                    NoWrap = header != headers[^1],
                }
            );
        }

        foreach (Cell[] row in _rows)
        {
            table.AddRow(row.Select(c => new Text(c.Text, c.Style)));
        }

        return table;
    }

    public void WriteTo(TextWriter output)
    {
        string[][] lines = [headers, .. _rows.Select(r => r.Select(c => c.Text).ToArray())];
        int[] widths = [.. headers.Select((_, i) => lines.Max(l => l[i].Length))];
        foreach (string[] line in lines)
        {
            output.WriteLine(string.Join("  ", line.Select((text, i) => text.PadRight(widths[i]))).TrimEnd());
        }
    }
}

/// <summary>One cell: text that is safe to show, and how.</summary>
internal readonly record struct Cell(string Text, Style Style)
{
    public static implicit operator Cell(string? text) => new(Plain.Line(text), Style.Plain);

    /// <summary>A word that says how something stands, in its colour.</summary>
    public static Cell State(string word) =>
        new(
            word,
            new Style(
                word switch
                {
                    "alive" or "landed" => Color.Green,
                    "dead" or "failed" or "conflicted" or "rejected" or "quarantined" or "timed-out" => Color.Red,
                    "testing" or "landing" => Color.Aqua,
                    "quiet" or "held" or "waiting" or "awaiting-merge" or "suspended" or "keep" => Color.Yellow,
                    _ => Color.Default,
                }
            )
        );
}
