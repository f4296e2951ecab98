using System.Globalization;
using System.Text.Json;
using Isolation.Sdk.Tracking;
using Microsoft.Data.Sqlite;

namespace Isolation.Sdk.Sqlite;

// The file. Every row carries the revision that wrote it, so that a process reads only what others have changed.
internal sealed class TrackerDatabase(string path)
{
    private const int Schema = 1;

    // A writer holds the lock for milliseconds; whoever waits that long waits for a process that was stopped.
    private const int BusyMilliseconds = 30_000;

    private const string CreateSchema = """
        CREATE TABLE items (
            id TEXT NOT NULL PRIMARY KEY,
            sequence INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            state TEXT NOT NULL,
            json BLOB NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX items_by_revision ON items (revision);
        CREATE TABLE history (
            number INTEGER PRIMARY KEY,
            item TEXT NOT NULL,
            attempt INTEGER,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL
        );
        CREATE INDEX history_by_item ON history (item, number);
        CREATE TABLE revision (number INTEGER NOT NULL);
        INSERT INTO revision VALUES (0);
        PRAGMA user_version = 1;
        """;

    private readonly string _connection = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        // Of the command; SQLite itself waits first, in shorter steps.
        DefaultTimeout = 1,
    }.ToString();

    private volatile bool _isReady;

    public string Path { get; } = path;

    public long ReadRevision() => On(connection => ReadRevision(connection, null));

    public IReadOnlyList<HistoryEntry> ReadHistory(string item) =>
        On(connection =>
        {
            using SqliteCommand command = Command(
                connection,
                null,
                "SELECT attempt, at, kind, text FROM history WHERE item = $item ORDER BY number",
                ("$item", item)
            );
            using SqliteDataReader reader = command.ExecuteReader();
            List<HistoryEntry> lines = [];
            while (reader.Read())
            {
                lines.Add(
                    new HistoryEntry(
                        item,
                        reader.IsDBNull(0) ? null : new AttemptId(item, reader.GetInt32(0)),
                        DateTimeOffset.Parse(reader.GetString(1), CultureInfo.InvariantCulture),
                        reader.GetString(2),
                        reader.GetString(3)
                    )
                );
            }

            return lines;
        });

    /// <summary>One change, alone among all processes. It is written whole, or not at all.</summary>
    public T Change<T>(Func<TrackerTransaction, T> change) =>
        On(connection =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            T result = change(new TrackerTransaction(connection, transaction));
            transaction.Commit();
            return result;
        });

    public static long ReadRevision(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using SqliteCommand command = Command(connection, transaction, "SELECT number FROM revision");
        return (long)command.ExecuteScalar()!;
    }

    public static SqliteCommand Command(
        SqliteConnection connection,
        SqliteTransaction? transaction,
        string text,
        params (string Name, object? Value)[] parameters
    )
    {
        SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    public static void Execute(
        SqliteConnection connection,
        SqliteTransaction? transaction,
        string text,
        params (string Name, object? Value)[] parameters
    )
    {
        using SqliteCommand command = Command(connection, transaction, text, parameters);
        command.ExecuteNonQuery();
    }

    public void Close()
    {
        using SqliteConnection connection = new(_connection);
        SqliteConnection.ClearPool(connection);
    }

    private T On<T>(Func<SqliteConnection, T> act)
    {
        try
        {
            using SqliteConnection connection = new(_connection);
            connection.Open();
            Execute(connection, null, $"PRAGMA busy_timeout = {BusyMilliseconds}");
            if (!_isReady)
            {
                Prepare(connection);
                _isReady = true;
            }

            return act(connection);
        }
        catch (SqliteException e)
        {
            throw Fault(e);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidCastException)
        {
            throw NotATracker(e);
        }
    }

    private void Prepare(SqliteConnection connection)
    {
        // Readers then never wait for a writer.
        Execute(connection, null, "PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        using SqliteCommand version = Command(connection, transaction, "PRAGMA user_version");
        using SqliteCommand tables = Command(connection, transaction, "SELECT count(*) FROM sqlite_schema");
        switch ((long)version.ExecuteScalar()!)
        {
            case 0 when (long)tables.ExecuteScalar()! == 0:
                Execute(connection, transaction, CreateSchema);
                break;
            case 0:
                throw NotATracker(null);
            case > Schema and long newer:
                throw new IsolationException(
                    SqliteCodes.NewerSchema,
                    $"The tracker '{Path}' has schema {newer}; this version reads up to {Schema}.",
                    "Update this program, or let the newer one export the items and import them here."
                );
        }

        transaction.Commit();
    }

    private IsolationException NotATracker(Exception? inner) =>
        new(
            SqliteCodes.NoTracker,
            $"'{Path}' is no intact tracker{(inner is null ? "" : $": {inner.Message}")}",
            "Name another file, or move this one away and import your newest export.",
            inner
        );

    // https://www.sqlite.org/rescode.html
    private IsolationException Fault(SqliteException e) =>
        e.SqliteErrorCode is 11 or 26
            ? NotATracker(e)
            : new IsolationException(
                SqliteCodes.Failed,
                $"The tracker '{Path}' could not be read or written, and nothing was changed: {e.Message}",
                e.SqliteErrorCode switch
                {
                    5 or 6 => "Another process holds it: end that process or let it go on.",
                    13 => "Free some space on its disk.",
                    8 or 14 or 23 =>
                        "Give this user the right to write the file and its folder, and create the folder.",
                    _ => "Check the disk that it is on.",
                },
                e
            );
}
