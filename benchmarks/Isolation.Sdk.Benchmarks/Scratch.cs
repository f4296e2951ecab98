namespace Isolation.Sdk.Benchmarks;

/// <summary>A folder of this run's own, gone with it.</summary>
internal sealed class Scratch : IDisposable
{
    private const string Memory = "/dev/shm";

    public Scratch(string? parent)
    {
        string under = parent ?? (Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath());
        Path = System.IO.Path.Combine(under, $"isolation-benchmarks-{Environment.ProcessId}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes room again between runs.</summary>
    public static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose() => Clear(Path);
}
