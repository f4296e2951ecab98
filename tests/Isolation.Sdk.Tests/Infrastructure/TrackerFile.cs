using Isolation.Sdk.Sqlite;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A durable tracker's file. Each one that opens it is as another process.</summary>
internal sealed class TrackerFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("isolation-tracker-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "items.db");

    public SqliteWorkTracker Open(TimeProvider? time = null) => new(Path, time);

    public void Dispose() => _folder.Delete(recursive: true);
}
