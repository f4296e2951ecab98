using System.Globalization;
using System.Text.Json;
using Isolation.Sdk.Tracking;
using Microsoft.Data.Sqlite;

namespace Isolation.Sdk.Sqlite;

internal sealed class TrackerTransaction(SqliteConnection connection, SqliteTransaction transaction)
{
    public long Revision { get; private set; } = TrackerDatabase.ReadRevision(connection, transaction);

    public IReadOnlyList<TrackedItem> ReadSince(long revision)
    {
        if (revision >= Revision)
        {
            return [];
        }

        using SqliteCommand command = TrackerDatabase.Command(
            connection,
            transaction,
            "SELECT json FROM items WHERE revision > $revision ORDER BY sequence",
            ("$revision", revision)
        );
        using SqliteDataReader reader = command.ExecuteReader();
        List<TrackedItem> rows = [];
        while (reader.Read())
        {
            rows.Add(JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(0), TrackerJson.Default.TrackedItem)!);
        }

        return rows;
    }

    public void Write(IReadOnlyList<TrackedItem> items, IReadOnlyList<HistoryEntry> history)
    {
        if (items.Count + history.Count == 0)
        {
            return;
        }

        Revision++;
        TrackerDatabase.Execute(
            connection,
            transaction,
            "UPDATE revision SET number = $revision",
            ("$revision", Revision)
        );
        WriteItems(items);
        WriteHistory(history);
    }

    private void WriteItems(IReadOnlyList<TrackedItem> items)
    {
        using SqliteCommand command = TrackerDatabase.Command(
            connection,
            transaction,
            "INSERT OR REPLACE INTO items VALUES ($id, $sequence, $revision, $state, $json)",
            ("$id", ""),
            ("$sequence", 0L),
            ("$revision", Revision),
            ("$state", ""),
            ("$json", Array.Empty<byte>())
        );
        foreach (TrackedItem item in items)
        {
            command.Parameters["$id"].Value = item.Item.Id;
            command.Parameters["$sequence"].Value = item.Sequence;
            command.Parameters["$state"].Value = item.State.ToString();
            command.Parameters["$json"].Value = JsonSerializer.SerializeToUtf8Bytes(
                item,
                TrackerJson.Default.TrackedItem
            );
            command.ExecuteNonQuery();
        }
    }

    private void WriteHistory(IReadOnlyList<HistoryEntry> history)
    {
        using SqliteCommand command = TrackerDatabase.Command(
            connection,
            transaction,
            "INSERT INTO history (item, attempt, at, kind, text) VALUES ($item, $attempt, $at, $kind, $text)",
            ("$item", ""),
            ("$attempt", null),
            ("$at", ""),
            ("$kind", ""),
            ("$text", "")
        );
        foreach (HistoryEntry line in history)
        {
            command.Parameters["$item"].Value = line.Item;
            command.Parameters["$attempt"].Value = line.Attempt is { } attempt ? attempt.Number : DBNull.Value;
            command.Parameters["$at"].Value = line.At.ToString("O", CultureInfo.InvariantCulture);
            command.Parameters["$kind"].Value = line.Kind;
            command.Parameters["$text"].Value = line.Text;
            command.ExecuteNonQuery();
        }
    }
}
