using System.Text;
using System.Text.Json;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Sqlite;

public sealed partial class SqliteWorkTracker
{
    /// <summary>Writes every item with its history, one line of JSON for each.</summary>
    public async Task ExportAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        foreach (TrackedItem item in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            TrackedLine line = new(item, await ReadHistoryAsync(item.Item.Id, cancellationToken).ConfigureAwait(false));
            await destination
                .WriteAsync(
                    (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, TrackerJson.Default.TrackedLine), (byte)'\n'],
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads what <see cref="ExportAsync"/> wrote. Items that are here already stay as they are. A claim of an exported
    /// item holds on until it expires.
    /// </summary>
    /// <returns>How many items were added.</returns>
    /// <exception cref="IsolationException">ISO0744: a line is no item; nothing was added.</exception>
    public async Task<int> ImportAsync(Stream source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<TrackedLine> lines = [];
        using StreamReader reader = new(source, Encoding.UTF8, leaveOpen: true);
        for (int number = 1; await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text; number++)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                lines.Add(Parse(text, number));
            }
        }

        return await Task.Run(() => ImportAsync(lines, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static TrackedLine Parse(string text, int number)
    {
        string why;
        Exception? inner = null;
        try
        {
            TrackedLine? line = JsonSerializer.Deserialize(text, TrackerJson.Default.TrackedLine);
            if (line is not null && WorkScheduler.Check([line.Item.Item with { BlockedBy = [] }]) is { Count: 0 })
            {
                return line;
            }

            why = line is null ? "it is null" : "its item is not valid";
        }
        catch (JsonException e)
        {
            (why, inner) = (e.Message, e);
        }

        throw new IsolationException(
            SqliteCodes.BadExport,
            $"Line {number} is not a line of an export: {why}",
            "Import a file as it was exported, whole.",
            inner
        );
    }

    private async Task<int> ImportAsync(List<TrackedLine> lines, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Change(
                (scheduler, transaction) =>
                {
                    // In their order, after what is here.
                    long next = scheduler.List() is [.., var last] ? last.Sequence + 1 : 0;
                    TrackedLine[] added =
                    [
                        .. lines
                            .Where(l => scheduler.Find(l.Item.Item.Id) is null)
                            .DistinctBy(l => l.Item.Item.Id, StringComparer.Ordinal),
                    ];
                    TrackedItem[] rows = [.. added.Select(l => l.Item with { Sequence = next++ })];
                    scheduler.Load(rows);
                    transaction.Write(rows, [.. added.SelectMany(l => l.History)]);
                    return (added.Length, rows);
                }
            );
        }
        finally
        {
            _gate.Release();
        }
    }
}
